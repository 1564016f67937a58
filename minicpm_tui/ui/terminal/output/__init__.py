"""What goes to the terminal: as few bytes as show the same. All that is private in Textual and needed for it is in this room."""

"""What goes to the terminal: as few bytes as show the same. Where ``private.missing`` says so, Textual's own output is used."""

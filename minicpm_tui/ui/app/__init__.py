"""The program on the terminal: the app, its screens, how it starts and how it ends."""

"""What comes from the user's own machine while the program runs."""

"""What other programs keep of their conversations, as messages of ours: one module for each program."""

"""The files on the next message."""

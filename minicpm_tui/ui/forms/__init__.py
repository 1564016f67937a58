"""Windows that ask for values."""

"""What a file is, and making of it what the model can use."""

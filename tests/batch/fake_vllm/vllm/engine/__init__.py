"""Empty, as vLLM's own."""

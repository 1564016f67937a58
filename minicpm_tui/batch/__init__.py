"""Many requests at once, through servers or through vLLM in its own interpreter; results as JSON lines."""

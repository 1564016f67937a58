"""Many requests at once, through servers or through vLLM in-process."""

"""A small OpenAI-compatible server with vLLM's wire behaviour and no model."""

"""The server panel: what is here, starting vLLM, watching it, understanding why it fails."""

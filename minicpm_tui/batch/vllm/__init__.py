"""Answers without a server: vLLM in an interpreter of its own, which does not have this package."""

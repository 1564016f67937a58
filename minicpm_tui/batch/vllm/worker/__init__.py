"""Scripts for the interpreter that has vLLM. They are run as files there, and import nothing of this package."""

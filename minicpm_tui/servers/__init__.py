"""Local vLLM servers: options, process, log, diagnosis, metrics, GPUs, discovery."""

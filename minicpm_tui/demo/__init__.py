"""A small OpenAI-compatible server with vLLM's wire behaviour and no model: for a first run without a GPU, and for tests."""

from minicpm_tui.demo.launch import DemoProcess, launch
from minicpm_tui.demo.options import DemoOptions, Faults

__all__ = ["DemoOptions", "DemoProcess", "Faults", "launch"]

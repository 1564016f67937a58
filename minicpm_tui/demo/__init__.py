"""A small OpenAI-compatible server with vLLM's wire behaviour and no model: for a first run without a GPU, and for tests."""

from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.spawn import DemoProcess, launch

__all__ = ["DemoOptions", "DemoProcess", "Faults", "launch"]

"""Loaded by every vLLM process as a plugin.

vLLM 0.32's ``models/minicpmv.py`` asks ``torch.cuda.is_current_stream_capturing()``, which raises where torch has no CUDA.
"""

from __future__ import annotations


def register() -> None:
    """Make the question answerable: without CUDA nothing is being captured."""
    import torch

    if not torch.cuda.is_available():
        torch.cuda.is_current_stream_capturing = lambda: False

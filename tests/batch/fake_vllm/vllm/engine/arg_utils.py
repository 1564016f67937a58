"""The names that ``LLM(**kwargs)`` takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class EngineArgs:
    model: str = ""
    max_model_len: int = 0
    limit_mm_per_prompt: dict[str, int] | None = None
    mm_processor_cache_gb: float = 4

"""What is known of a server."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class ModelFacts:
    """``id`` is the name in requests, ``root`` the folder or hub id it was loaded from, ``max_model_len`` its context."""

    id: str
    root: str = ""
    max_model_len: int | None = None


@dataclass(frozen=True)
class ServerFacts:
    """``url`` is the root. ``started`` tells one start of a server from the next, empty where it does not say."""

    url: str
    version: str | None = None
    is_vllm: bool = False
    models: tuple[ModelFacts, ...] = ()
    started: str = ""

    @property
    def takes_uuids(self) -> bool:
        """vLLM since 0.11 knows a part's ``uuid``; others might reject the field."""
        numbers = re.match(r"(\d+)\.(\d+)", self.version or "")
        return self.is_vllm and (numbers is None or (int(numbers[1]), int(numbers[2])) >= (0, 11))

    def model(self, name: str) -> ModelFacts | None:
        """The model served as ``name``, or loaded from it."""
        return next((model for model in self.models if name in (model.id, model.root)), None)

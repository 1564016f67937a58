"""What is known of a server."""

from __future__ import annotations

import msgspec

from minicpm_tui.families.recognise import strangeness
from minicpm_tui.families.step import DEFAULT_STEP, frames_within, refuses_too_large
from minicpm_tui.versions import at_least


class ModelFacts(msgspec.Struct, frozen=True):
    """``id`` is the name in requests, ``root`` the folder or hub id it was loaded from, ``max_model_len`` its context."""

    id: str
    root: str = ""
    max_model_len: int | None = None


class ServerFacts(msgspec.Struct, frozen=True):
    """``url`` is the root. ``started`` tells one start of a server from the next, empty where it does not say."""

    url: str
    version: str | None = None
    is_vllm: bool = False
    models: tuple[ModelFacts, ...] = ()
    started: str = ""

    @property
    def takes_uuids(self) -> bool:
        """vLLM since 0.11 knows a part's ``uuid``; others might reject the field."""
        return self.is_vllm and at_least(self.version or "", "0.11")

    def most_frames(self, step: int | None = None) -> int | None:
        """The most frames of one video that do not make it wait for ever; None where any number is answered or refused.

        ``step``: its ``--max-num-batched-tokens`` where that is known, else vLLM's default for the smaller GPUs is assumed.
        """
        if not self.is_vllm or refuses_too_large(self.version or ""):
            return None
        return frames_within(step or DEFAULT_STEP)

    @property
    def preferred(self) -> ModelFacts | None:
        """The one that is talked with where nobody chose: a MiniCPM-V or -o, else another MiniCPM, else the first."""
        return min(self.models, key=lambda model: min(strangeness(model.id), strangeness(model.root)), default=None)

    def model(self, name: str) -> ModelFacts | None:
        """The model served as ``name``, or loaded from it."""
        return next((model for model in self.models if name in (model.id, model.root)), None)

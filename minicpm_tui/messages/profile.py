"""What a request needs to know of the model (made by ``families``) and of the user's wishes."""

from __future__ import annotations

import msgspec

from minicpm_tui.sampling import MaxTokens, MinP, RepetitionPenalty, Seed, Temperature, TopK, TopP


class RequestProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of the model that is asked.

    ``knows_thinking``: the chat template takes ``enable_thinking``, which is then always sent. ``placeholders``: strings that the
    model's processor would take for a picture or video, broken up when a user writes them.
    """

    stop_token_ids: tuple[int, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    knows_thinking: bool = False
    thinks_by_default: bool = False
    placeholders: tuple[str, ...] = ()


class RequestOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the user asked for; None and empty mean the profile's own. ``max_tokens`` counts tokens of the reply."""

    model: str = ""
    system: str = ""
    temperature: Temperature | None = None
    top_p: TopP | None = None
    top_k: TopK | None = None
    min_p: MinP | None = None
    repetition_penalty: RepetitionPenalty | None = None
    max_tokens: MaxTokens | None = None
    seed: Seed | None = None
    thinking: bool | None = None
    response_format: str = ""
    """The request's field of that name as JSON; empty for none."""

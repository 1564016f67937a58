"""The sampling and system prompt of a conversation: from flags, from the session itself, or from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from minicpm_tui.config import Config
from minicpm_tui.messages import RequestOptions
from minicpm_tui.sampling import SAMPLING

FIELDS = ("system", *SAMPLING, "thinking")


def options_for(config: Config, session: Mapping[str, Any] | None = None, model: str = "") -> RequestOptions:
    """What a request uses: a flag or variable first, then ``session`` (a journal's settings), then config.toml.

    Values of the session that are not usable (a hand-edited journal) are passed over.
    """
    chosen: dict[str, Any] = {"model": model}
    for field in FIELDS:
        value = getattr(config.settings, field)
        if session and field in session and config.origin(field) not in {"flag", "environment"}:
            value = _usable(field, session[field], value)
        chosen[field] = value
    return RequestOptions(**chosen)


def as_settings(options: RequestOptions, server: str) -> dict[str, Any]:
    """``options`` as a journal keeps them: sampling, system message, model and the URL ``server``."""
    return {"model": options.model, "server": server} | {field: getattr(options, field) for field in FIELDS}


def _usable(field: str, value: object, otherwise: object) -> object:
    try:
        msgspec.convert({field: value}, RequestOptions)
    except msgspec.ValidationError:
        return otherwise
    return value

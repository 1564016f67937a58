"""Words of vLLM that both a running server's answers and its log have."""

from __future__ import annotations

TOO_LONG = (
    r"maximum context length is (?P<limit>\d+) tokens\. However, "
    r"(?:you requested (?P<reply>\d+) output tokens and )?"  # 0.19.1 to 0.31
    r"(?:you requested (?:\d+ tokens \((?=\d+ in the messages))?"  # up to 0.10.0
    r"|your request has "  # 0.10.1 to 0.16
    r"|your prompt contains )(?P<least>at least )?"  # 0.32
    r"(?P<count>\d+) (?P<unit>characters|input tokens|tokens in the messages|in the messages)"
    r"(?:, (?P<completion>\d+) in the completion)?"
)
"""A prompt that does not fit the context, as 0.7 to 0.33 say it (``entrypoints/openai/serving_engine.py``, ``renderers``).

``count`` is the prompt's tokens (``least``: there may be more; ``unit`` may be characters), ``reply`` or ``completion`` the
tokens that were asked for as a reply, where they are named.
"""

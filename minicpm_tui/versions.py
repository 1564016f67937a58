"""Versions of vLLM, compared by number."""

from __future__ import annotations

import re

_NUMBERS = re.compile(r"\d+")


def parse(version: str) -> tuple[int, ...]:
    """``0.25.1+cu130`` → ``(0, 25, 1)``; release candidates count as the release."""
    head = re.split(r"[+a-zA-Z]", version, maxsplit=1)[0]
    return tuple(int(number) for number in _NUMBERS.findall(head)[:3])


def at_least(version: str, minimum: str) -> bool:
    """Whether ``version`` is ``minimum`` or newer; an unknown (empty) version counts as the newest."""
    return not version or parse(version) >= parse(minimum)

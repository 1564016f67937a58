"""One rule about vLLM's failures: how a line of its log is recognised, what it means, and what helps."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from minicpm_tui.servers.fixes import Context
from minicpm_tui.servers.remedy import Remedy

Scope = Literal["start", "request", "wrapper"]
"""``start``: the server does not come up, or dies. ``request``: one request failed. ``wrapper``: names no cause."""


Remedies = Callable[[re.Match[str], Context], list[Remedy]]
"""Computes what to try from the words that matched and from what the log said of the server's start."""


Advice = Callable[[re.Match[str], Context], str]
"""Makes the hint (translated) from the words that matched, where it depends on them."""


@dataclass(frozen=True)
class Rule:
    """``pattern`` is searched in lines that are no mere information; ``hint``, or ``advice``, says what no option can do."""

    kind: str
    title: str
    pattern: re.Pattern[str]
    remedies: Remedies | None = None
    hint: str = ""
    scope: Scope = "start"
    advice: Advice | None = None


def rule(
    kind: str,
    title: str,
    pattern: str,
    remedies: Remedies | None = None,
    hint: str = "",
    scope: Scope = "start",
    advice: Advice | None = None,
) -> Rule:
    """A rule with ``pattern`` compiled; ``title`` and ``hint`` are marked with ``N_`` and translated when they are shown."""
    return Rule(kind, title, re.compile(pattern), remedies, hint, scope, advice)

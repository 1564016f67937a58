"""Comparing answers with a reference, and the accuracy with its interval."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Literal

from minicpm_tui.batch.output.words import holds_words, plain
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line

Match = Literal["exact", "contains", "regex", "numeric", "choice"]
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?%?")
_MINUS = "\u2212"
_TOLERANCE = 1e-6
_SHOWN = 40
REGEX_SECONDS = 2.0
"""So long an expression may look at one answer: with nested repetition it could go on for ever."""
Z95 = 1.959963984540054


def matches(answer: str, expected: str, match: Match) -> bool:
    """Whether ``answer`` is right.

    ``exact`` ignores case, width of letters, space around and a full stop at the end; so does ``contains``, which looks for whole
    words. ``regex``: ``expected`` is found in the answer. ``numeric``: the answer's last number equals it. For ``choice`` see
    ``comparison.py``. Raises UsageError for an expression or number that is none, and one that takes ``REGEX_SECONDS``.
    """
    return _COMPARE[match](answer, expected)


def _exact(answer: str, expected: str) -> bool:
    return plain(answer) == plain(expected)


def _regex(answer: str, expected: str) -> bool:
    import regex  # unlike re it can be told how long to look, and lets other threads run meanwhile

    try:
        return regex.search(expected, answer, timeout=REGEX_SECONDS, concurrent=True) is not None
    except TimeoutError:
        raise UsageError(
            _("“{text}” was looked for in vain for {seconds:g} s").format(text=one_line(expected, _SHOWN), seconds=REGEX_SECONDS),
            hint=_("write the expression so that it needs fewer attempts"),
        ) from None
    except regex.error as error:
        raise UsageError(_("“{text}” is not a regular expression: {error}").format(text=expected, error=error)) from error


def _numeric(answer: str, expected: str) -> bool:
    wanted = _numbers(expected)
    if not wanted:
        raise UsageError(_("“{text}” is not a number").format(text=expected))
    found = _numbers(answer)
    return bool(found) and math.isclose(found[-1], wanted[-1], rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)


def _numbers(text: str) -> list[float]:
    plain_text = unicodedata.normalize("NFKC", text).replace(_MINUS, "-")
    found = (match.group().rstrip("%").replace(",", "") for match in _NUMBER.finditer(plain_text))
    return [float(number) for number in found if any(char.isdigit() for char in number)]


_COMPARE: dict[Match, Callable[[str, str], bool]] = {
    "exact": _exact,
    "contains": holds_words,
    "regex": _regex,
    "numeric": _numeric,
}


def wilson(correct: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a proportion after Wilson (1927); sound for small samples and at 0 and 1. ``(0, 1)`` for none."""
    if not total:
        return 0.0, 1.0
    share = correct / total
    weight = 1 + Z95**2 / total
    middle = (share + Z95**2 / (2 * total)) / weight
    half = Z95 / weight * math.sqrt(share * (1 - share) / total + Z95**2 / (4 * total**2))
    return max(0.0, middle - half), min(1.0, middle + half)

"""Cells of a table as spreadsheets read them: text stays text, whatever it begins with."""

from __future__ import annotations

import re
from typing import Any

import msgspec

MARK = "'"
"""Before text that a spreadsheet would run or rewrite; Excel and LibreOffice use it themselves for text that is typed."""

_RUN = ("=", "+", "-", "@", "\t", "\r")
"""What begins a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
_REWRITTEN = re.compile(r"0\d+|\d{16,}|\d+(?:\.\d+)?[eE]\d+|\d+[-/.:]\d+(?:[-/.:]\d+)*|(?i:true|false)")
"""What becomes another number, a date, a time or a truth value."""


def cell(value: Any) -> Any:
    """As ``raw_cell``, text that would be run with ``MARK`` before it."""
    value = raw_cell(value)
    return MARK + value if isinstance(value, str) and value.startswith(_RUN) else value


def name_cell(name: str) -> str:
    """An id, a number or a date of which must come back as it was."""
    return MARK + name if name.startswith(_RUN) or _REWRITTEN.fullmatch(name) else name


def raw_cell(value: Any) -> Any:
    """``value`` as it is, for programs; lists and objects as JSON."""
    if value is None or value is msgspec.UNSET:
        return ""
    return msgspec.json.encode(value).decode() if isinstance(value, list | dict) else value

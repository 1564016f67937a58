"""Text that is safe and short enough to show."""

from __future__ import annotations

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def printable(text: str) -> str:
    """``text`` without anything that could steer a terminal; newline and tab stay.

    C0 and C1 controls become their visible pictures (``␛``), direction overrides and bytes of file names that are no text U+FFFD.
    """
    return _CONTROL.sub(_picture, text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int = 0) -> str:
    """``text`` as one printable line, cut to ``limit`` characters with an ellipsis when that is not 0."""
    line = " ".join(printable(text).split())
    return line[: limit - 1] + "…" if limit and len(line) > limit else line


def model_name(model: str, limit: int = 60) -> str:
    """The name of a model without its folders or its owner on a hub, as one printable line of at most ``limit`` characters."""
    return one_line(model.rstrip("/").rpartition("/")[2] or model, limit)


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts ``shot 2`` before ``shot 10``, whatever the case."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in re.split(r"(\d+)", text)]


def format_bytes(count: float) -> str:
    """``1.2 MB``: powers of 1000, as file managers and network lines count."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 99.95 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def format_count(count: int) -> str:
    """``1,234``, ``20.7k``: a number that need not be exact."""
    return f"{count:,}" if count < 10_000 else f"{count / 1000:,.1f}k"


def format_duration(seconds: float) -> str:
    """``0:07``, ``12:34``, ``1:02:03``."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def format_moment(seconds: float) -> str:
    """``0:07``, and ``0:07.5`` where it is no whole second."""
    tenths = round(seconds * 10)
    return format_duration(tenths // 10) + (f".{tenths % 10}" if tenths % 10 else "")


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return "" if unicodedata.category(match.group()) == "Cf" and code == 0xFEFF else "\ufffd"

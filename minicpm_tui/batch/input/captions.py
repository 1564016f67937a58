"""``{caption}`` in a prompt: what is written of a picture already, in a file beside it."""

from __future__ import annotations

from pathlib import Path

from minicpm_tui.batch.input.locate import local_path, readable
from minicpm_tui.batch.records import Row
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

FIELD = "caption"
SUFFIXES = (".caption", ".txt")
_LONGEST = 1_000_000  # bytes


def caption_path(row: Row) -> Path | None:
    """Where the caption of ``row`` lies, None where there is none."""
    return next((each for each in _beside(row) if each.is_file()), None)


def caption_of(row: Row) -> str:
    """The caption beside the first file of ``row``. Raises UsageError where there is none, or it is no text of sane length."""
    found = caption_path(row)
    if found is None:
        raise UsageError(
            _("{place} has no caption beside it").format(place=row.where),
            hint=_("{{caption}} reads {names}").format(names=_names(_beside(row))),
        )
    with readable(found):
        data = found.read_bytes()
    if len(data) > _LONGEST:
        raise UsageError(_("{path} is no caption: it is longer than {limit} bytes").format(path=found, limit=f"{_LONGEST:,}"))
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise UsageError(_("{path} is no caption: it is not UTF-8").format(path=found), hint=_("save it as UTF-8")) from None
    if not text:
        raise UsageError(_("{path} is no caption: it is empty").format(path=found), hint=_("write one, or leave the picture out"))
    return text


def _beside(row: Row) -> list[Path]:
    path = next((found for file in row.files if (found := local_path(file, row.base)) is not None), None)
    return [path.with_suffix(suffix) for suffix in SUFFIXES] if path is not None else []


def _names(beside: list[Path]) -> str:
    return ", ".join(path.name for path in beside) or "–"

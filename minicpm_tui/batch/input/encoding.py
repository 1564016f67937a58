"""Text files as programs write them: UTF-8, the UTF-16 of spreadsheets, and GB 18030 as in China."""

from __future__ import annotations

import codecs
from pathlib import Path

from minicpm_tui.batch.input.locate import readable
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding_of(path: Path) -> str:
    """The name of the encoding, a mark at its beginning understood; reads the whole file. Raises UsageError when it is none."""
    with readable(path), path.open("rb") as file:
        head = file.read(256)
    for encoding in _candidates(head):
        try:
            with readable(path), path.open(encoding=encoding) as text:
                while text.read(1 << 20):
                    pass
        except UnicodeError:
            continue
        return encoding
    raise UsageError(_("{path}: neither UTF-8, UTF-16 nor GB 18030").format(path=path), hint=_("save it as UTF-8"))


def _candidates(head: bytes) -> tuple[str, ...]:
    """UTF-16 without a mark: every other byte of ASCII is 0. A zero here and there is a fault of a text in another encoding."""
    if head.startswith(UTF16_MARKS):
        return ("utf-16",)
    high, low = head[::2].count(0), head[1::2].count(0)
    few, many = sorted((high, low))
    if many > 4 * few and (many * 4 >= len(head) or not _is_utf8(head)):
        return ("utf-16-le",) if low > high else ("utf-16-be",)
    return ("utf-8-sig", "gb18030")


def _is_utf8(head: bytes) -> bool:
    """Whether the text that begins with ``head`` may be UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True

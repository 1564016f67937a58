"""Which program an export is of, told by its content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from minicpm_tui.sessions.imports import chatgpt, librechat, lmstudio, openwebui
from minicpm_tui.sessions.imports.beside import Beside
from minicpm_tui.sessions.imports.conversation import Conversation

Reader = Callable[[dict[str, Any]], Conversation]


def conversations(raw: object, path: Path) -> Iterator[Conversation] | None:
    """The conversations in the JSON of another program's export at ``path``; None where it is of none that we know."""
    some = raw if isinstance(raw, list) else [raw]
    readers = [_reader(each, path) for each in some[:1] if isinstance(each, dict)]
    if not readers or (reader := readers[0]) is None:
        return None
    fits, read = reader
    return (read(each) for each in some if isinstance(each, dict) and fits(each))


def _reader(raw: dict[str, Any], path: Path) -> tuple[Callable[[dict[str, Any]], bool], Reader] | None:
    if openwebui.fits(raw):
        return openwebui.fits, openwebui.read
    if chatgpt.fits(raw):
        beside = Beside(path.parent)
        return chatgpt.fits, lambda each: chatgpt.read(each, beside)
    if lmstudio.fits(raw):
        return lmstudio.fits, lambda each: lmstudio.read(each, lmstudio.files_of(path))
    return (librechat.fits, librechat.read) if librechat.fits(raw) else None

"""A session in other programs' formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minicpm_tui.errors import UsageError
from minicpm_tui.files import write_durably
from minicpm_tui.i18n import _
from minicpm_tui.sessions.export import archive, cast, chat_json, markdown, page
from minicpm_tui.sessions.ids import JOURNAL
from minicpm_tui.sessions.journal import Journal


@dataclass(frozen=True)
class Format:
    """``render`` makes the bytes; ``write`` makes several files, or one too large for memory."""

    name: str
    render: Callable[[Journal], bytes] | None = None
    write: Callable[[Journal, Path], None] | None = None


def _as_it_is(journal: Journal) -> bytes:
    return b"" if journal.path is None else (journal.path / JOURNAL).read_bytes()


FORMATS = {
    each.name: each
    for each in (
        Format("md", markdown.render, markdown.write),
        Format("html", page.render),
        Format("json", chat_json.render),
        Format("jsonl", _as_it_is),
        Format("cast", cast.render),
        Format("tar.gz", write=archive.write),
    )
}


def export(journal: Journal, name: str, path: Path | None = None) -> bytes | None:
    """Export to ``path``; without one, the bytes.

    Raises:
        UsageError: an unknown format, or one that needs a file.
        StorageError: ``path`` cannot be written.
    """
    if name not in FORMATS:
        raise UsageError(name, title=_("No such format"), hint=_("one of {names}").format(names=", ".join(FORMATS)))
    chosen = FORMATS[name]
    needs_file = chosen.render is None or (name == "md" and markdown.has_attachments(journal))
    if path is None:
        if needs_file or chosen.render is None:
            raise UsageError(name, title=_("This format needs a file to write to"), hint=_("name one with -o"))
        return chosen.render(journal)
    if chosen.write is not None:
        chosen.write(journal, path)
    elif chosen.render is not None:
        write_durably(path, chosen.render(journal))
    return None


def format_of(path: Path) -> str | None:
    """The format that a file's name asks for."""
    return next((name for name in FORMATS if path.name.lower().endswith(f".{name}")), None)

"""A session in other programs' formats."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from minicpm_tui.errors import UsageError
from minicpm_tui.files import refuse_taken, write_durably
from minicpm_tui.i18n import _
from minicpm_tui.sessions.export import archive, cast, chat_json, markdown, page
from minicpm_tui.sessions.export.journal_text import journal_text
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.text import one_line


@dataclass(frozen=True)
class Format:
    """``render`` makes the bytes, ``lines`` one after another; ``write`` makes files, and is told whether to replace."""

    name: str
    render: Callable[[Journal, Options], bytes] | None = None
    write: Callable[[Journal, Path, bool, Options], None] | None = None
    lines: Callable[[Journal, Options], Iterator[bytes]] | None = None


DEFAULT = Options()
PRIVATE = frozenset({"jsonl", "tar.gz"})
"""Formats that have the journal, and with it where files lay, unless that is left out."""
FORMATS = {
    each.name: each
    for each in (
        Format("md", markdown.render, markdown.write),
        Format("html", page.render),
        Format("json", chat_json.render),
        Format("jsonl", lines=journal_text),
        Format("cast", cast.render),
        Format("tar.gz", write=archive.write),
    )
}


def export(
    journal: Journal,
    name: str,
    path: Path | None = None,
    options: Options = DEFAULT,
    *,
    overwrite: bool = False,
    out: BinaryIO | None = None,
) -> bytes | None:
    """Export to ``path``; without one, to ``out``; without both, the bytes. What is there is replaced with ``overwrite`` alone.

    Raises:
        UsageError: an unknown format, or one that needs a file.
        NameTaken: there is something at ``path``, or where files beside it would go.
        StorageError: ``path`` cannot be written.
    """
    if name not in FORMATS:
        raise UsageError(name, title=_("No such format"), hint=_("available: {names}").format(names=", ".join(FORMATS)))
    chosen = FORMATS[name]
    needs_file = (chosen.render is None and chosen.lines is None) or (name == "md" and markdown.has_attachments(journal))
    if path is None:
        if chosen.lines is not None:
            return _told(chosen.lines(journal, options), out)
        if needs_file or chosen.render is None:
            raise UsageError(name, title=_("This format needs a file to write to"), hint=_("give one with -o"))
        return _told([chosen.render(journal, options)], out)
    if not overwrite:
        refuse_taken(path)
    if chosen.write is not None:
        chosen.write(journal, path, overwrite, options)
    elif chosen.lines is not None:
        write_durably(path, chosen.lines(journal, options), overwrite=overwrite)
    elif chosen.render is not None:
        write_durably(path, chosen.render(journal, options), overwrite=overwrite)
    return None


def _told(pieces: Iterable[bytes], out: BinaryIO | None) -> bytes | None:
    if out is None:
        return b"".join(pieces)
    out.writelines(pieces)
    return None


def format_of(path: Path) -> str | None:
    """The format that a file's name asks for."""
    return next((name for name in FORMATS if path.name.lower().endswith(f".{name}")), None)


def free_path(journal: Journal, name: str, folder: Path) -> Path:
    """A path in ``folder`` that is not taken, named after the session's title, for an export in format ``name``."""
    stem = re.sub(r"[^\w-]+", "-", one_line(journal.title)).strip("-")[:60].rstrip("-") or journal.id
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(path for each in names if not os.path.lexists(path := folder / f"{each}.{name}"))

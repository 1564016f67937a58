"""How ``minicpm-tui sessions`` prints."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Any, Self, TypeVar

from minicpm_tui.cli.warn import warn
from minicpm_tui.i18n import _
from minicpm_tui.messages import ImagePart, Message, media_of
from minicpm_tui.sessions.labels import ending_label, role_label
from minicpm_tui.text import format_bytes, model_name, one_line, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from minicpm_tui.sessions.care import Check
    from minicpm_tui.sessions.journal import Journal
    from minicpm_tui.sessions.library import Library, SearchHit
    from minicpm_tui.sessions.summary import SessionInfo


_Result = TypeVar("_Result")
_WIDE = 110
"""Columns; a narrower terminal has no room for every figure beside the title."""


def print_list(found: Iterable[SessionInfo]) -> None:
    """A line a session, as they come: id, when, turns, attachments, size, model, title; headed on a terminal."""
    number = 0
    for number, info in enumerate(found, 1):
        if number == 1 and sys.stdout.isatty():
            print(_cut(_row(_("ID"), _("Last used"), _("Turns"), _("Files"), _("Size"), _("Model"), _("Title"))))
        print(_cut(_line(info)), flush=number == 1)
    if not number:
        print(_("No saved sessions."), file=sys.stderr)


def print_hits(hits: Sequence[SearchHit]) -> None:
    """A line a session and one with what was found."""
    if not hits:
        print(_("Nothing found."), file=sys.stderr)
    for hit in hits:
        print(_cut(_line(hit.session)))
        if hit.message:
            print(_cut(f"    {one_line(hit.snippet)}"))


def print_checks(checks: Sequence[Check]) -> None:
    """A line a session, and one for each problem and note."""
    for each in checks:
        state = _("ok") if each.ok else _("damaged")
        print(_("{id}: {state}, {messages} messages, {files} files").format(
            id=one_line(each.id), state=state, messages=each.messages, files=each.attachments
        ))  # fmt: skip
        for line in (*each.problems, *each.notes):
            print(f"    {one_line(line)}")


def print_session(journal: Journal) -> None:
    """The conversation: drawn by rich on a terminal, plain text elsewhere."""
    for note in journal.notes:
        warn(note)
    if sys.stdout.isatty():
        _draw(journal)
        return
    for message in journal.tree.path():
        print(f"{role_label(message)}:")
        for line in _names(message):
            print(line)
        if message.text:
            print(printable(message.text))
        if broken := ending_label(message, places=True):
            print(broken)
        print()


def session_object(journal: Journal) -> dict[str, Any]:
    """All of a session for ``show --json``: the list's fields, settings, and the messages of the selected path."""
    from minicpm_tui.sessions.summary import summarise

    assert journal.path is not None
    summary = summarise(journal.path)
    fields = summary[0].contract() if summary else {"id": journal.id, "title": journal.title, "created": journal.created}
    tree = journal.tree
    messages = [
        {
            "id": message.id,
            "parent": message.parent,
            "role": message.role,
            "text": message.text,
            "reasoning": message.reasoning or None,
            "at": message.at or None,
            "model": message.model,
            "attachments": [
                {
                    "name": part.name,
                    "type": "image" if isinstance(part, ImagePart) else "video",
                    "source": part.source.path or part.source.url,
                }
                for part in media_of(message.content)
            ],
            "alternatives": tree.position(message.id)[1],
            "finish_reason": message.end.finish_reason if message.end else None,
            "usage": message.end.usage if message.end else None,
            "seconds": message.end.seconds if message.end else None,
            "first_token_seconds": message.end.first_token_seconds if message.end else None,
            "error": message.end.error if message.end else None,
            "ending": ending_label(message, places=True) or None,
        }
        for message in tree.path()
    ]
    return {**fields, "settings": journal.settings, "notes": list(journal.notes), "messages": messages}


class Progress:
    """Says on stderr how far reading the folders is, when that takes more than a second and stderr is a terminal."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._shown = False

    def show(self, done: int, total: int) -> None:
        """``done`` of ``total`` folders are read."""
        if sys.stderr.isatty() and (self._shown or time.monotonic() - self._begin > 1):
            self._shown = True
            text = _("reading the sessions: {done} of {total}").format(done=done, total=total)
            print(f"\r{text} ", end="", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def read_library(work: Callable[[Library], _Result]) -> _Result:
    """Ask the library once it is up to date with the folders; says how far it is when that takes long and somebody looks."""
    from minicpm_tui.sessions.library import Library

    def up_to_date() -> Library:
        with Progress() as progress:
            library.reconcile(progress=progress.show)
        return library

    with Library() as library:
        found = work(up_to_date())
        return found if library.complete else work(up_to_date())  # the index turned out to be damaged


def _line(info: SessionInfo) -> str:
    from minicpm_tui.sessions.ids import moment_of

    moment = moment_of(info.updated)
    when = f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else one_line(info.updated, 16)
    model = model_name(info.model or "", 24)
    counts = (str(info.turns), str(info.attachments), format_bytes(info.bytes))
    return _row(one_line(info.id), when, *counts, model, one_line(info.title))


def _row(session_id: str, when: str, turns: str, files: str, size: str, model: str, title: str) -> str:
    """A narrow terminal has no room for more than the title."""
    if sys.stdout.isatty() and shutil.get_terminal_size().columns < _WIDE:
        return f"{_left(session_id, 20)}  {_left(when, 16)}  {title}"
    counts = f"{_right(turns, 5)} {_right(files, 5)} {_right(size, 8)}"
    return f"{_left(session_id, 20)}  {_left(when, 16)} {counts}  {_left(model, 18)}  {title}"


def _left(text: str, width: int) -> str:
    return text + " " * _missing(text, width)


def _right(text: str, width: int) -> str:
    return " " * _missing(text, width) + text


def _missing(text: str, width: int) -> int:
    """Columns that ``text`` leaves of ``width``."""
    from rich.cells import cell_len

    return max(width - cell_len(text), 0)


def _cut(line: str) -> str:
    """No wider than the terminal; as it is where there is none."""
    if not sys.stdout.isatty():
        return line
    from rich.cells import cell_len, set_cell_size

    width = shutil.get_terminal_size().columns
    return set_cell_size(line, width - 1) + "…" if cell_len(line) > width else line


def _names(message: Message) -> list[str]:
    return [f"[{one_line(part.name)}]" for part in media_of(message.content)]


def _draw(journal: Journal) -> None:
    from rich.console import Console
    from rich.text import Text

    from minicpm_tui.markdown.console import Lines, markdown_lines

    console = Console(highlight=False)
    for message in journal.tree.path():
        console.print(Text(role_label(message), style="bold cyan" if message.role == "user" else "bold"))
        for line in _names(message):
            console.print(Text(line, style="dim"))
        if message.role == "assistant":
            console.print(Lines(markdown_lines(message.text, console)), end="")
        elif message.text:
            console.print(Text(printable(message.text)))
        if broken := ending_label(message, places=True):
            console.print(Text(broken, style="dim"))
        console.print()

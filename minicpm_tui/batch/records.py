"""What a batch is made of: rows as they are read, the requests they become, the results that are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.media.data_url import is_data_url
from minicpm_tui.messages import End, Ending, Usage, ending_of

Content = tuple[str | int, ...]
"""Texts, and numbers of the row's files where they belong."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; ``role`` is ``user`` or ``assistant``."""

    role: str
    content: Content

    @property
    def text(self) -> str:
        """Without the files."""
        return "\n".join(piece for piece in self.content if isinstance(piece, str))


@dataclass(frozen=True, slots=True)
class Row:
    """One picture of a folder, one line of a JSONL, one record of a CSV.

    ``files`` are paths and URLs; relative ones are looked for in ``base``, then in the current folder. ``body`` is the body
    of a line in the OpenAI batch format, sent as it is. ``turns`` say where the files belong, and what was said before the
    question, which is the last of them; without any, the files come before the question. ``columns`` are what a prompt
    template may name. ``error`` says why this row cannot be asked. ``place`` is the line it comes from, where it has one;
    ``nameless``: it has no id of its own, and others may have that of its file. ``asks`` is the field for its question, also
    where that is empty, ``misplaced`` says why the marks in it do not fit the files. ``overlooked``: what stands for a file
    in a row that has none, and the names of its fields.
    """

    id: str
    files: tuple[str, ...] = ()
    text: str = ""
    system: str | None = None
    body: Mapping[str, Any] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    base: Path | None = None
    error: str = ""
    turns: tuple[Turn, ...] = ()
    place: str = ""
    nameless: bool = False
    asks: str = ""
    misplaced: str = ""
    overlooked: tuple[str, str] | None = None

    @property
    def where(self) -> str:
        """What a message calls it: the line it comes from, else its id."""
        return self.place or self.id

    @property
    def lean(self) -> Row:
        """Without what a request is made of: a thousand may be under way, and not each of them twice."""
        files = tuple(file for file in self.files if not is_data_url(file))
        return self if self.body is None and len(files) == len(self.files) else replace(self, body=None, files=files)


@dataclass(frozen=True, slots=True)
class Item:
    """One request: ``index`` counts from 0 in the order of the input. ``notes`` tell what was left out of its files.

    ``asked`` stands for what a record asks, so that an answer to something else is known; empty where the id says it all.
    """

    id: str
    index: int
    text: str
    row: Row
    notes: tuple[str, ...] = ()
    asked: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the output. ``seconds`` from sending to the answer; ``error`` is one line, or None.

    ``reasoning`` is there when the model thought, ``data`` is the parsed answer when a schema was asked for, ``expected`` and
    ``correct`` when a reference answer was compared, with the letter of the option that was ``chosen`` (empty for none) and the
    ``group`` that accuracy is told by, ``notes`` when files were not sent whole (an animation's first frame),
    ``refused`` when the model declined, ``asked`` (16 hexadecimal digits of a digest) when it answers a record of a table.
    """

    id: str
    index: int
    text: str = ""
    usage: Usage | None = None
    finish_reason: str | None = None
    seconds: float = 0.0
    error: str | None = None
    reasoning: str | msgspec.UnsetType = msgspec.UNSET
    data: Any | msgspec.UnsetType = msgspec.UNSET
    expected: str | msgspec.UnsetType = msgspec.UNSET
    correct: bool | msgspec.UnsetType = msgspec.UNSET
    chosen: str | msgspec.UnsetType = msgspec.UNSET
    group: str | msgspec.UnsetType = msgspec.UNSET
    notes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    refused: bool | msgspec.UnsetType = msgspec.UNSET
    asked: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def end(self) -> End:
        """How the reply ended; ``error`` apart."""
        return End(self.finish_reason, self.usage, self.seconds, refused=self.refused is True)

    @property
    def ending(self) -> Ending:
        """What the end of the reply means; ``error`` apart."""
        return ending_of(self.end, self.text, self.reasoning or "")

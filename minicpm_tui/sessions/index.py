"""The search index: an SQLite file in the cache folder that can be deleted at any time.

A session's number grows with the second of its creation; a message's row number is that number and its own place
(``number << 20 | place``). So a search walks the sessions newest first and stops early, without looking at other tables.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.files import make_private_dir
from minicpm_tui.sessions.ids import created_of, moment_of
from minicpm_tui.sessions.mounts import on_network
from minicpm_tui.sessions.summary import Document, SessionInfo, Stamp
from minicpm_tui.sessions.words import spaced

SCHEMA_VERSION = 2
_PLACE_BITS = 20
_SCHEMA = f"""
CREATE TABLE session(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, created TEXT NOT NULL,
  updated TEXT NOT NULL, model TEXT, turns INTEGER NOT NULL, attachments INTEGER NOT NULL, bytes INTEGER NOT NULL,
  pictures TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, said INTEGER NOT NULL);
CREATE INDEX newest ON session(said, updated DESC, id DESC);
CREATE TABLE document(place INTEGER PRIMARY KEY, message TEXT NOT NULL, text TEXT NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(text, content='', prefix='1 2 3', tokenize='unicode61 remove_diacritics 2');
PRAGMA user_version = {SCHEMA_VERSION};
"""
_COLUMNS = "id, title, created, updated, model, turns, attachments, bytes, pictures"
_NUMBERS_A_SECOND = 1 << 10
_KEPT = ("number", *_COLUMNS.split(", "), "size", "mtime_ns", "said")
_UPSERT = (
    f"INSERT INTO session({', '.join(_KEPT)}) VALUES({', '.join(':' + name for name in _KEPT)})"
    f" ON CONFLICT(id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _KEPT[2:])}"
)
PATIENCE = 3.0
"""Seconds to wait for another program that writes the index; its transactions take milliseconds."""
UNREAD = Stamp(-1, 0)
"""The stamp of a session of which only the beginning was read."""


class Entry(msgspec.Struct, frozen=True):
    """A session as it is taken in; ``info`` is None when nothing was said in it."""

    id: str
    info: SessionInfo | None
    documents: tuple[Document, ...]
    stamp: Stamp


class Index:
    """One connection; used by one thread at a time. Raises ``sqlite3.DatabaseError`` when the file is damaged.

    ``path`` None keeps it in memory.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            make_private_dir(path.parent)
        self._db = sqlite3.connect(path or ":memory:", timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(path)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, path: Path | None) -> None:
        if path is not None:
            path.chmod(0o600)
            self._db.execute(f"PRAGMA journal_mode = {'DELETE' if on_network(path) else 'WAL'}")
        self._db.execute("PRAGMA synchronous = NORMAL")
        if self._version() == SCHEMA_VERSION:
            return
        with self.writing():
            if self._version() != SCHEMA_VERSION:
                self._drop()
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def stamps(self) -> dict[str, Stamp]:
        """How each session's journal looked when it was read."""
        rows = self._db.execute("SELECT id, size, mtime_ns FROM session")
        return {name: Stamp(size, mtime) for name, size, mtime in rows}

    def newest(self, limit: int = -1) -> list[SessionInfo]:
        """The list, newest first; ``limit`` -1 for all."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM session WHERE said = 1 ORDER BY updated DESC, id DESC LIMIT ?",  # noqa: S608 # constants
            (limit,),
        )
        return [_info(row) for row in rows]

    def matches(self, expression: str, limit: int) -> list[tuple[SessionInfo, str, str]]:
        """The newest match of each session: the session, the message's id ('' for the title) and its text."""
        found: dict[int, int] = {}
        for (place,) in self._db.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC", (expression,)):
            number = place >> _PLACE_BITS
            if number not in found:
                if len(found) == limit:
                    break
                found[number] = place
        return [hit for number, place in found.items() if (hit := self._hit(number, place))]

    def put(self, *entries: Entry) -> None:
        """Take sessions in, or their newer states; only texts that changed are written."""
        for entry in entries:
            shown = entry.info or SessionInfo(entry.id, "", "", "", None, 0, 0, 0)
            values = msgspec.structs.asdict(shown) | {
                "number": self._number(entry.id) or self._new_number(entry),
                "id": entry.id,
                "pictures": " ".join(shown.pictures),
                "size": entry.stamp.size,
                "mtime_ns": entry.stamp.mtime_ns,
                "said": int(entry.info is not None),
            }
            self._db.execute(_UPSERT, values)
            self._put_documents(self._number(entry.id), entry.documents)

    def remove(self, *names: str) -> None:
        """Forget sessions."""
        for name in names:
            self._put_documents(self._number(name), ())
            self._db.execute("DELETE FROM session WHERE id = ?", (name,))

    def _put_documents(self, number: int, documents: Sequence[Document]) -> None:
        first = number << _PLACE_BITS
        rows = self._db.execute(
            "SELECT place, message, text FROM document WHERE place BETWEEN ? AND ?", (first, first + (1 << _PLACE_BITS) - 1)
        )
        kept, stale = set(), []
        for place, message, text in rows:
            at = place - first
            if at < len(documents) and documents[at] == Document(message, text):
                kept.add(at)
            else:
                stale.append(place)
        for place in stale:
            (text,) = self._db.execute("SELECT text FROM document WHERE place = ?", (place,)).fetchone()
            self._db.execute("INSERT INTO words(words, rowid, text) VALUES('delete', ?, ?)", (place, spaced(text)))
            self._db.execute("DELETE FROM document WHERE place = ?", (place,))
        for at, document in enumerate(documents[: 1 << _PLACE_BITS]):
            if at not in kept:
                self._db.execute("INSERT INTO document VALUES(?, ?, ?)", (first + at, document.message, document.text))
                self._db.execute("INSERT INTO words(rowid, text) VALUES(?, ?)", (first + at, spaced(document.text)))

    def _number(self, name: str) -> int:
        row = self._db.execute("SELECT number FROM session WHERE id = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _new_number(self, entry: Entry) -> int:
        moment = moment_of(created_of(entry.id) or (entry.info.created if entry.info else ""))
        first = max(int(moment.timestamp()) if moment else 0, 0) * _NUMBERS_A_SECOND
        query = "SELECT MAX(number) FROM session WHERE number BETWEEN ? AND ?"
        (last,) = self._db.execute(query, (first, first + _NUMBERS_A_SECOND - 1)).fetchone()
        number = first + 1 if last is None else int(last) + 1
        while self._db.execute("SELECT 1 FROM session WHERE number = ?", (number,)).fetchone():
            number += 1
        return number

    def _hit(self, number: int, place: int) -> tuple[SessionInfo, str, str] | None:
        row = self._db.execute(f"SELECT {_COLUMNS} FROM session WHERE number = ?", (number,)).fetchone()  # noqa: S608 # constants
        document = self._db.execute("SELECT message, text FROM document WHERE place = ?", (place,)).fetchone()
        return (_info(row), document[0], document[1]) if row and document else None

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _drop(self) -> None:
        for table in ("words", "document", "session"):
            self._db.execute(f"DROP TABLE IF EXISTS {table}")


def _info(row: tuple[Any, ...]) -> SessionInfo:
    """From ``_COLUMNS``."""
    session_id, title, created, updated, model, turns, attachments, size, pictures = row
    return SessionInfo(session_id, title, created, updated, model, turns, attachments, size, tuple(pictures.split()))

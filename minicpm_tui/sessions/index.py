"""The search index: an SQLite file in the cache folder that can be deleted at any time.

``chunks`` keeps the texts.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.files import make_private_dir
from minicpm_tui.sessions import chunks
from minicpm_tui.sessions.chunks import PLACE_BITS, Chunks
from minicpm_tui.sessions.ids import begun_of, moment_of
from minicpm_tui.sessions.mounts import on_network
from minicpm_tui.sessions.summary import Document, SessionInfo, Stamp

SCHEMA_VERSION = 5
_SCHEMA = f"""
CREATE TABLE session(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, created TEXT NOT NULL,
  updated TEXT NOT NULL, model TEXT, turns INTEGER NOT NULL, attachments INTEGER NOT NULL, bytes INTEGER NOT NULL,
  pictures TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, said INTEGER NOT NULL, searchable INTEGER NOT NULL);
CREATE INDEX newest ON session(said, updated DESC, id DESC);
{chunks.SCHEMA}
PRAGMA user_version = {SCHEMA_VERSION};
"""
_COLUMNS = "id, title, created, updated, model, turns, attachments, bytes, pictures"
_KEPT = (*_COLUMNS.split(", "), "size", "mtime_ns", "said", "searchable")
_UPSERT = (
    f"INSERT INTO session({', '.join(_KEPT)}) VALUES({', '.join('?' * len(_KEPT))})"
    f" ON CONFLICT(id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _KEPT[1:])}"
)
PATIENCE = 3.0
"""Seconds to wait for another program that writes the index; its transactions take a fraction of one."""
UNREAD = Stamp(-1, 0)
"""The stamp of a session of which only the beginning was read."""


class Entry(msgspec.Struct, frozen=True):
    """A session as it is taken in; ``info`` is None when nothing was said in it, ``documents`` when they were not read."""

    id: str
    info: SessionInfo | None
    documents: tuple[Document, ...] | None
    stamp: Stamp


class Index:
    """One connection; used by one thread at a time. Raises ``sqlite3.DatabaseError`` when the file is damaged.

    ``path`` None keeps it in memory.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            make_private_dir(path.parent)
        self._db = sqlite3.connect(path or ":memory:", timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        self._chunks = Chunks(self._db)
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
        with contextlib.suppress(sqlite3.OperationalError):  # another program is at it already
            self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            self._db.execute("VACUUM")

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def shrink(self) -> None:
        """Give the room back that much writing has left free."""
        self._db.executescript("PRAGMA incremental_vacuum")  # execute() would give back a single page

    @contextlib.contextmanager
    def writing(self, *, patience: float | None = None) -> Iterator[None]:
        """A transaction; ``patience``: seconds to wait for another program's, ``PATIENCE`` unless given."""
        if patience is None:
            self._db.execute("BEGIN IMMEDIATE")
        else:
            self._db.execute(f"PRAGMA busy_timeout = {patience * 1000:.0f}")
            try:
                self._db.execute("BEGIN IMMEDIATE")
            finally:
                self._db.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def stamps(self) -> dict[str, Stamp]:
        """How each session's journal looked when its texts were read; ``UNREAD`` for a session whose texts are not in."""
        rows = self._db.execute("SELECT id, size, mtime_ns, searchable FROM session")
        return {name: Stamp(size, mtime) if searchable else UNREAD for name, size, mtime, searchable in rows}

    def infos(self) -> dict[str, tuple[Stamp, SessionInfo | None]]:
        """Each session as it was when its journal looked so; None when nothing was said in it."""
        rows = self._db.execute(f"SELECT {_COLUMNS}, size, mtime_ns, said FROM session")  # noqa: S608 # constants
        return {row[0]: (Stamp(row[-3], row[-2]), _info(row[:-3]) if row[-1] else None) for row in rows}

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
        chunk = session = -1
        for (row,) in self._db.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC", (self._chunks.quick(expression),)
        ):
            if row >> PLACE_BITS != chunk:
                chunk = row >> PLACE_BITS
                session = self._chunks.session(chunk)
            if session not in found:
                if len(found) == limit:
                    break
                found[session] = row
        return [hit for number, row in found.items() if (hit := self._hit(number, row))]

    def put(self, *entries: Entry, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Take sessions in, or their newer states; only texts that changed are written. Oldest first is quickest.

        ``cancelled`` is asked between sessions; those before it are in.
        """
        for second, entry in sorted(((_second(entry), entry) for entry in entries), key=lambda pair: pair[0]):
            if cancelled():
                return
            shown = entry.info or SessionInfo(entry.id, "", "", "", None, 0, 0, 0)
            columns = msgspec.structs.astuple(shown)[1:-1]
            kept = (entry.stamp.size, entry.stamp.mtime_ns, entry.info is not None, entry.documents is not None)
            self._db.execute(_UPSERT, (entry.id, *columns, " ".join(shown.pictures), *kept))
            if entry.documents is not None:
                self._chunks.put(self._number(entry.id), second, entry.documents)

    def remove(self, *names: str) -> None:
        """Forget sessions."""
        for name in names:
            self._chunks.put(self._number(name), 0, ())
            self._db.execute("DELETE FROM session WHERE id = ?", (name,))

    def _number(self, name: str) -> int:
        row = self._db.execute("SELECT number FROM session WHERE id = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _hit(self, number: int, row: int) -> tuple[SessionInfo, str, str] | None:
        info = self._db.execute(f"SELECT {_COLUMNS} FROM session WHERE number = ?", (number,)).fetchone()  # noqa: S608 # constants
        document = self._chunks.document(row)
        return (_info(info), document.message, document.text) if info and document else None

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _drop(self) -> None:
        for table in ("term", "words", "chunk", "session"):
            self._db.execute(f"DROP TABLE IF EXISTS {table}")


def _info(row: tuple[Any, ...]) -> SessionInfo:
    """From ``_COLUMNS``."""
    session_id, title, created, updated, model, turns, attachments, size, pictures = row
    return SessionInfo(session_id, title, created, updated, model, turns, attachments, size, tuple(pictures.split()))


def _second(entry: Entry) -> int:
    """When the session was begun; 0 where nothing says it."""
    moment = begun_of(entry.id) or moment_of(entry.info.created if entry.info else "")
    return int(moment.timestamp()) if moment else 0

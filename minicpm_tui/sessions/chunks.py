"""The texts in the search index, in chunks of up to 64 messages of one session.

A chunk's number is the second in which its session was begun, or the next one that is free; a message's row number is
``number << 6 | place``. So a search walks the sessions newest first and stops early. The gaps between row numbers are most of
what the index is made of: the nearer the numbers, the smaller it is.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from minicpm_tui.sessions.summary import Document
from minicpm_tui.sessions.words import spaced

PLACE_BITS = 6
_SIZE = 1 << PLACE_BITS
_EPOCH = 1_577_836_800
"""2020-01-01, before any session: smaller numbers take less room."""
_PENDING = 16_000_000
"""Bytes of words that SQLite gathers before it writes them: all that a transaction brings goes into one piece."""
_MERGED = 48
"""So many pieces of one size become one (10,000 sessions are 40), a little with each transaction.

All at once other programs would wait for seconds.
"""
_PREFIX = 2
"""Words are looked up by so many first letters; a single letter by all such beginnings that there are."""
_BEGINNINGS = 1000
"""With more of them than that they are gathered by SQLite, before the first is found."""
SCHEMA = f"""
CREATE TABLE chunk(number INTEGER PRIMARY KEY, session INTEGER NOT NULL, texts BLOB NOT NULL);
CREATE INDEX chunks ON chunk(session);
CREATE VIRTUAL TABLE words USING fts5(
  text, content='', columnsize=0, prefix='{_PREFIX}', tokenize='unicode61 remove_diacritics 2');
INSERT INTO words(words, rank) VALUES('hashsize', {_PENDING});
INSERT INTO words(words, rank) VALUES('automerge', {_MERGED});
INSERT INTO words(words, rank) VALUES('crisismerge', {4 * _MERGED});
CREATE VIRTUAL TABLE term USING fts5vocab('words', 'instance');
"""
_SHORT = re.compile(r'(?<!\S)"([a-z0-9])"\*', re.IGNORECASE | re.ASCII)
_TEXTS = msgspec.msgpack.Decoder(list[tuple[str, str]])
_EACH = msgspec.msgpack.Decoder(list[msgspec.Raw])
_TEXT = msgspec.msgpack.Decoder(tuple[str, str])
_GROUPS = msgspec.msgpack.Decoder(list[bytes])
_GROUP = 16
"""So many texts are compressed together: one that is found is read with those beside it, not with the whole session."""


class Chunks:
    """Works in the transactions of the index whose database this is."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._next: dict[int, int] = {}

    def put(self, session: int, second: int, documents: Sequence[Document]) -> None:
        """Make ``documents`` the texts of a session that was begun in that second since the epoch."""
        there = self._db.execute("SELECT number, texts FROM chunk WHERE session = ? ORDER BY number", (session,)).fetchall()
        number = max(second - _EPOCH, 0) - 1
        for at in range(0, max(len(documents), len(there) * _SIZE), _SIZE):
            new = [(each.message, each.text) for each in documents[at : at + _SIZE]]
            if at < len(there) * _SIZE:
                number, texts = there[at // _SIZE]
                self._change(number, unpacked(texts), new)
            else:
                number = self._free(number + 1)
                self._db.execute("INSERT INTO chunk VALUES(?, ?, ?)", (number, session, _packed(new)))
                self._insert(number, enumerate(text for _message, text in new))

    def session(self, number: int) -> int:
        """The session whose texts these are, 0 for none."""
        row = self._db.execute("SELECT session FROM chunk WHERE number = ?", (number,)).fetchone()
        return int(row[0]) if row else 0

    def document(self, row: int) -> Document | None:
        """The text with that row number. Raises ``sqlite3.DatabaseError`` when it is damaged."""
        found = self._db.execute("SELECT texts FROM chunk WHERE number = ?", (row >> PLACE_BITS,)).fetchone()
        with _damage():
            group, place = divmod(row & (_SIZE - 1), _GROUP)
            groups = _GROUPS.decode(found[0]) if found else []
            texts = _EACH.decode(zlib.decompress(groups[group])) if group < len(groups) else []
            return Document(*_TEXT.decode(texts[place])) if place < len(texts) else None

    def quick(self, expression: str) -> str:
        """The FTS5 ``expression`` with all beginnings of two letters for a single one.

        SQLite walks along those in the order of the rows; those of a single letter it would gather all before the first is found.
        """
        return _SHORT.sub(lambda short: self._beginnings(short[1].lower()) or short[0], expression)

    def _beginnings(self, short: str) -> str:
        found: list[str] = []
        start = short
        while row := self._db.execute("SELECT term FROM term WHERE term >= ? LIMIT 1", (start,)).fetchone():
            word: str = row[0]
            if not word.startswith(short) or len(found) > _BEGINNINGS:
                break
            if len(word) < _PREFIX:
                found.append(f'"{word}"')
                start = f"{word}\0"
            else:
                found.append(f'"{word[:_PREFIX]}"*')
                start = word[: _PREFIX - 1] + chr(ord(word[_PREFIX - 1]) + 1)
        return f"({' OR '.join(found)})" if 0 < len(found) <= _BEGINNINGS else ""

    def _change(self, number: int, old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> None:
        """Write what differs."""
        if tuple(new) == old:
            return
        stale = [
            (number << PLACE_BITS | at, spaced(text)) for at, (_name, text) in enumerate(old) if new[at : at + 1] != [old[at]]
        ]
        self._db.executemany("INSERT INTO words(words, rowid, text) VALUES('delete', ?, ?)", stale)
        self._insert(number, ((at, text) for at, (_name, text) in enumerate(new) if old[at : at + 1] != (new[at],)))
        if new:
            self._db.execute("UPDATE chunk SET texts = ? WHERE number = ?", (_packed(new), number))
        else:
            self._db.execute("DELETE FROM chunk WHERE number = ?", (number,))

    def _insert(self, number: int, texts: Iterable[tuple[int, str]]) -> None:
        rows = ((number << PLACE_BITS | at, spaced(text)) for at, text in texts)
        self._db.executemany("INSERT INTO words(rowid, text) VALUES(?, ?)", rows)

    def _free(self, first: int) -> int:
        """The first number from ``first`` on that is not taken; remembers where that was, for many of the same second."""
        number = self._next.get(first, first)
        while self._db.execute("SELECT 1 FROM chunk WHERE number = ?", (number,)).fetchone():
            number = self._next.get(number, number + 1)
        if number != first:
            self._next[first] = number
        return number


def _packed(texts: Sequence[tuple[str, str]]) -> bytes:
    plain = (msgspec.msgpack.encode(texts[at : at + _GROUP]) for at in range(0, len(texts), _GROUP))
    return msgspec.msgpack.encode([zlib.compress(each, level=1, wbits=12) for each in plain])  # a small window is set up quickly


def unpacked(data: bytes) -> list[tuple[str, str]]:
    """The ids and texts in a row of ``chunk``. Raises ``sqlite3.DatabaseError`` when they are damaged."""
    with _damage():
        return [text for group in _GROUPS.decode(data) for text in _TEXTS.decode(zlib.decompress(group))]


@contextlib.contextmanager
def _damage() -> Iterator[None]:
    """Bytes that are no texts are as bad as a file that is no database."""
    try:
        yield
    except (zlib.error, ValueError, TypeError) as error:
        raise sqlite3.DatabaseError(str(error)) from error

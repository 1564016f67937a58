"""All saved sessions: the list, the search, the trash."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self, TypeVar

import msgspec

from minicpm_tui import paths
from minicpm_tui.errors import SessionError, StorageError
from minicpm_tui.files import make_private_dir, storage_errors, sync_dir
from minicpm_tui.i18n import _
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.index import UNREAD, Entry, Index
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.rows import in_order
from minicpm_tui.sessions.saved import lock_session
from minicpm_tui.sessions.staging import remove_leftovers
from minicpm_tui.sessions.summary import SessionInfo, Stamp, glance, summarise
from minicpm_tui.sessions.words import query, snippet

Progress = Callable[[int, int], None]
_Result = TypeVar("_Result")
_MANY = 100
"""With more sessions to read than that, their titles come first and their full texts after."""
_BATCH, _BATCH_CHARACTERS = 250, 2_000_000
"""So many sessions are written at once, or so much text: the fewer pieces, the less SQLite has to merge."""
_ATTEMPTS = 3
"""How often the folders are read when the index is made anew meanwhile: damaged, then locked, then in memory."""
MOST_HITS = 200
"""A search finds no more sessions than that unless told: the newest ones."""


class SearchHit(msgspec.Struct, frozen=True):
    """A session with its newest match; ``message`` is the message's id, empty for the title."""

    session: SessionInfo
    message: str
    snippet: str

    def contract(self) -> dict[str, object]:
        """The object of a JSON list."""
        return {**self.session.contract(), "message": self.message or None, "snippet": self.snippet}


class Library:
    """Reads from the index at once; ``reconcile`` brings that up to date with the folders. Blocks; any thread may call.

    A damaged index is made anew; where the cache folder cannot be written, or another program keeps the index locked, it is kept
    in memory. ``complete`` is False until ``reconcile`` has seen all folders, and again after the index was made anew.

    Args:
        folder: the folder of session folders, ``paths.sessions_dir()`` unless given.
        index: the index's file, in the cache folder unless given.
    """

    def __init__(self, folder: Path | None = None, index: Path | None = None) -> None:
        self.folder = paths.sessions_dir() if folder is None else folder
        self._path = paths.cache_dir() / "sessions.sqlite" if index is None else index
        self._lock = threading.RLock()
        self._index = self._opened()
        self._closed = False
        self._made_anew = False
        self.complete = False

    def newest(self, limit: int = -1) -> list[SessionInfo]:
        """The sessions as the index knows them, newest first; ``limit`` -1 for all."""
        return self._with_index(lambda index: index.newest(limit))

    def rows(self) -> Iterator[SessionInfo]:
        """The sessions as the folders have them, newest first, each as soon as it is read: without waiting for the index.

        What had to be read is put into the index unless another program is writing there; its texts stay for ``reconcile``.
        Raises StorageError: the folder cannot be read.
        """
        remove_leftovers(self.folder)
        known = self._with_index(lambda index: index.infos())
        for read in in_order(self.folder, dict(self._stamps()), known):
            yield from (entry.info for entry in read if entry.info)
            self._note([entry for entry in read if entry.id not in known or known[entry.id][0] != entry.stamp])

    def search(self, text: str, limit: int = MOST_HITS) -> list[SearchHit]:
        """Sessions that have all words of ``text`` in one message or in the title, newest first; all sessions for no words."""
        expression = query(text)
        if not expression:
            return [SearchHit(info, "", "") for info in self.newest(limit)]
        found = self._with_index(lambda index: index.matches(expression, limit))
        hits = [SearchHit(info, message, snippet(body, text)) for info, message, body in found]
        return sorted(hits, key=lambda hit: (hit.session.updated, hit.session.id), reverse=True)

    def reconcile(self, *, progress: Progress | None = None, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Bring the index up to date with the folders; True when something had changed.

        Args:
            progress: is told how many of how many sessions have been read; 0 while only their titles are.
            cancelled: asked between sessions; what has been written into the index stays, and the next time goes on from there.

        Raises StorageError: the folder cannot be read, or the library was closed meanwhile.
        """
        changed = False
        remove_leftovers(self.folder)
        for _attempt in range(_ATTEMPTS):
            changed = self._reconcile(progress, cancelled) or changed
            if self.complete or cancelled():
                break
        return changed

    def _reconcile(self, progress: Progress | None, cancelled: Callable[[], bool]) -> bool:
        index = self._index
        here = dict(self._stamps())
        known = self._with_index(lambda index: index.stamps())
        gone = [name for name in known if name not in here]
        changed = sorted((name for name, stamp in here.items() if known.get(name) != stamp), reverse=True)
        if gone:
            self._write(lambda index: index.remove(*gone))
        new = [name for name in changed if name not in known]
        if len(new) > _MANY:
            self._glance_at(new, here, progress, cancelled)
        self._take_in(changed, here, progress, cancelled)
        if len(changed) > _MANY:
            self._with_index(lambda index: index.shrink())
        self.complete = self._index is index and not cancelled()
        return bool(gone or changed)

    def touch(self, session_id: str) -> None:
        """Take the newest state of one session in; quick, whatever the number of sessions."""
        stamp = Stamp.of(self.folder / session_id)
        if stamp is None:
            self._write(lambda index: index.remove(session_id))
        else:
            self._take_in([session_id], {session_id: stamp}, None, lambda: False)

    def rename(self, session_id: str, title: str) -> None:
        """Name a session. Raises SessionLocked, SessionNotFound, StorageError."""
        with Journal.open(ids.find(session_id, self.folder)) as journal:
            journal.set_title(title)
        self.touch(journal.id)

    def delete(self, session_id: str) -> str:
        """Move a session to the trash; its full id. Raises SessionLocked, SessionNotFound, StorageError."""
        folder = ids.find(session_id, self.folder)
        self._move(folder, self.trash_folder)
        return folder.name

    def restore(self, session_id: str) -> str:
        """Bring a session back from the trash; its full id. Raises SessionNotFound, SessionError, StorageError."""
        folder = ids.find(session_id, self.trash_folder)
        self._move(folder, self.folder)
        return folder.name

    def trash(self) -> list[SessionInfo]:
        """What lies in the trash, newest first."""
        with contextlib.suppress(OSError):
            found = [summarise(Path(entry.path)) for entry in os.scandir(self.trash_folder)]
            return sorted((each[0] for each in found if each), key=lambda info: info.updated, reverse=True)
        return []

    def close(self) -> None:
        """Close the search index; later calls raise StorageError."""
        with self._lock:
            self._closed = True
            self._index.close()

    @property
    def trash_folder(self) -> Path:
        """Where deleted sessions wait."""
        return self.folder.parent / ids.TRASH

    def _move(self, folder: Path, to: Path) -> None:
        make_private_dir(to)
        target = to / folder.name
        if target.exists():
            raise SessionError(str(target), title=_("There is already a session with this id"))
        lock = lock_session(folder)
        try:
            with storage_errors(folder):
                folder.rename(target)
            sync_dir(folder.parent)
            sync_dir(to)
        finally:
            lock.release()
        self.touch(folder.name)

    def _stamps(self) -> Iterator[tuple[str, Stamp]]:
        try:
            entries = os.scandir(self.folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageError(f"{self.folder}: {error.strerror}", title=_("The saved sessions cannot be read")) from error
        with entries:
            for entry in entries:
                if not entry.name.startswith(".") and (stamp := Stamp.of(entry.path)):
                    yield entry.name, stamp

    def _glance_at(
        self, names: list[str], stamps: dict[str, Stamp], progress: Progress | None, cancelled: Callable[[], bool]
    ) -> None:
        """Put the titles of new sessions into the index, so that the list is soon there."""
        for first in range(0, len(names), _MANY):
            if cancelled():
                return
            batch = [Entry(name, glance(self.folder / name, stamps[name]), None, UNREAD) for name in names[first : first + _MANY]]
            self._write(lambda index, batch=batch: index.put(*batch))  # type: ignore[misc] # bound early
            if progress:
                progress(0, len(names))

    def _take_in(
        self, names: list[str], stamps: dict[str, Stamp], progress: Progress | None, cancelled: Callable[[], bool]
    ) -> None:
        """Read sessions into the index, many at a time."""
        batch: list[Entry] = []
        characters = 0
        for done, name in enumerate(names, 1):
            if cancelled():
                break
            info, documents = summarise(self.folder / name) or (None, [])
            batch.append(Entry(name, info, tuple(documents), stamps[name]))
            characters += sum(len(each.text) for each in documents)
            if len(batch) == _BATCH or characters > _BATCH_CHARACTERS or done == len(names):
                self._write(lambda index, batch=batch: index.put(*batch, cancelled=cancelled))  # type: ignore[misc] # bound early
                batch, characters = [], 0
                if progress:
                    progress(done, len(names))

    def _note(self, entries: list[Entry]) -> None:
        """Keep what was read for the list, unless that would have to wait."""
        if entries:
            with self._lock, contextlib.suppress(sqlite3.Error), self._index.writing(patience=0):
                self._index.put(*entries)

    def _write(self, work: Callable[[Index], object]) -> None:
        def write(index: Index) -> None:
            with index.writing():
                work(index)

        self._with_index(write)

    def _with_index(self, work: Callable[[Index], _Result]) -> _Result:
        """Do ``work``; with a damaged or locked index or a full disk once more, with an empty one that ``reconcile`` fills."""
        with self._lock:
            if self._closed:
                raise StorageError(str(self._path), title=_("The session library is closed"))
            try:
                return work(self._index)
            except sqlite3.DatabaseError as error:
                self._index.close()
                if isinstance(error, sqlite3.OperationalError) or self._made_anew:
                    self._index = Index(None)
                else:
                    self._forget()
                    self._index = self._opened()
                    self._made_anew = True
            self.complete = False
            return work(self._index)

    def _opened(self) -> Index:
        for _attempt in range(2):
            try:
                return Index(self._path)
            except sqlite3.OperationalError:
                break
            except sqlite3.DatabaseError:
                self._forget()
            except (OSError, StorageError):
                break
        return Index(None)

    def _forget(self) -> None:
        for ending in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + ending).unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

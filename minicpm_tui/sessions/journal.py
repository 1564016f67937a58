"""A session's journal: what is said is on the disk before it is sent, and nothing that was written is ever changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from minicpm_tui.errors import StorageError
from minicpm_tui.messages import Blob, BlobReader, Delta, End, Message, Tree
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.events import (
    AnyEvent,
    DeltaEvent,
    EndEvent,
    MessageEvent,
    OpenEvent,
    SelectEvent,
    SettingsEvent,
    TitleEvent,
    encode,
)
from minicpm_tui.sessions.saved import SavedSession
from minicpm_tui.sessions.store import Store, UnsavedSession

_DRIFT = 2.0
"""Seconds: what seems to have happened so far from now was timed from another start (the request was sent again)."""


class Journal:
    """One session, written as it happens and read as a tree. Blocks: use it from threads; any thread may call at any time.

    Every method that writes raises StorageError when the disk does not take it. A message, a title or a selection that could not
    be written is not in the tree either; a reply's pieces stay in the tree and are written with the next success.
    """

    def __init__(self, store: Store, *, settings: Mapping[str, Any] | None = None, durable: bool = True) -> None:
        self._store = store
        self._durable = durable
        self._state = store.state
        self._writing = threading.RLock()  # held during writes, which may take seconds
        self._looking = threading.Lock()  # held for moments: who reads the tree never waits for a disk
        self._opened = False
        self._first_settings = dict(settings or {})
        self._unwritten: list[AnyEvent] = []
        created = ids.moment_of(store.created) or datetime.now(UTC)
        passed = (datetime.now(UTC) - created).total_seconds()
        self._origin = time.monotonic() - max(passed, self._state.time)

    @classmethod
    def create(
        cls,
        *,
        settings: Mapping[str, Any] | None = None,
        save: bool = True,
        folder: Path | None = None,
        durable: bool = True,
    ) -> Self:
        """A new session; its folder appears with the first thing that is written.

        Args:
            settings: what holds from the start (model, system, temperature …), written with the first event.
            save: False keeps everything in memory (``--no-save``).
            folder: the folder of session folders, ``paths.sessions_dir()`` unless given.
            durable: False never waits for the disk: for a journal that is copied before anybody relies on it.
        """
        return cls(SavedSession.new(folder) if save else UnsavedSession(), settings=settings, durable=durable)

    @classmethod
    def open(cls, session: str | Path, *, read_only: bool = False) -> Self:
        """A saved session by id, unique prefix or folder.

        Raises:
            SessionNotFound: there is none, or several begin so.
            SessionLocked: another program writes it (says which); open it with ``read_only``.
            StorageError: it cannot be read, or not be written (a read-only disk); ``read_only`` helps in the second case.
            SessionError: it was written by a newer version; ``read_only`` helps.
        """
        folder = session if isinstance(session, Path) else ids.find(session)
        return cls(SavedSession.at(folder, read_only=read_only))

    @classmethod
    def open_any(cls, session: str | Path) -> Self:
        """``open`` for writing where that can be, else read-only with ``read_only_reason`` saying why."""
        folder = session if isinstance(session, Path) else ids.find(session)
        return cls(SavedSession.at_any(folder))

    @property
    def id(self) -> str:
        """The session's id, such as ``20250131-120000-ab12``; the name of its folder."""
        return self._store.id

    @property
    def path(self) -> Path | None:
        """The session's folder; None when it is not saved."""
        return self._store.path

    @property
    def saved(self) -> bool:
        """True when the folder is there."""
        return self._store.path is not None and ids.is_session(self._store.path)

    @property
    def created(self) -> str:
        """ISO 8601 UTC."""
        return self._store.created

    @property
    def unwritten(self) -> bool:
        """True while pieces of a reply are in memory alone; after ``close`` they are lost."""
        return bool(self._unwritten)

    @property
    def read_only(self) -> bool:
        """True when nothing can be written; ``read_only_reason`` may say why."""
        return self._store.read_only

    @property
    def read_only_reason(self) -> str:
        """Why nothing can be written, as a sentence; empty when it can or was asked for."""
        return self._store.read_only_reason

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know about the state the files were found in."""
        return self._store.notes

    @property
    def blobs(self) -> BlobReader:
        """Reads the attachments."""
        return self._store.blobs

    @property
    def tree(self) -> Tree:
        """Every message so far, replies that still stream included."""
        with self._looking:
            return self._state.tree

    @property
    def title(self) -> str:
        """The user's title, else the first words of the first question."""
        with self._looking:
            return self._state.shown_title

    @property
    def settings(self) -> dict[str, Any]:
        """The settings in force: all settings events laid over one another."""
        with self._looking:
            return {**self._state.settings, **self._first_settings}

    def append_message(self, message: Message, blobs: Mapping[str, Blob] | None = None) -> None:
        """Add ``message`` with its attachments; a user's message is on the disk when this returns.

        Raises ValueError for an id that is taken, an unknown parent, or an attachment that is neither in ``blobs`` nor stored.
        """
        with self._writing:
            if self._state.has(message.id) or (message.parent is not None and not self._state.has(message.parent)):
                raise ValueError(f"message {message.id}: its id is taken or its parent unknown")
            self._open()
            self._store.keep(message, blobs or {})
            self._write(MessageEvent.of(self._wait(), message), durable=message.role == "user")
            if message.role == "assistant" and (message.reasoning or message.end):
                self._append_finished(message)

    def append_deltas(self, message_id: str, deltas: Sequence[Delta]) -> None:
        """Add pieces of the reply ``message_id``; call it at least every 0.2 s with what has arrived."""
        if not deltas:
            return
        with self._writing:
            begin = last = self._state.time
            base = self._sent(message_id, deltas[-1].at)
            pieces = []
            for delta in deltas:
                wait = round(max(base + delta.at - last, 0.0), 4)
                last += wait
                pieces.append((wait, delta.kind, delta.text))
            self._write_kept(DeltaEvent(t=round(last - begin, 4), id=message_id, pieces=tuple(pieces)), durable=False)

    def append_end(self, message_id: str, end: End) -> None:
        """The reply ``message_id`` is over; all of it is on the disk when this returns."""
        with self._writing:
            over = self._sent(message_id, end.seconds) + end.seconds
            wait = round(max(over - self._state.time, 0.0), 4)
            self._write_kept(EndEvent.of(wait, message_id, end), durable=True)

    def select(self, message_id: str) -> None:
        """Show the path through ``message_id``. Raises KeyError."""
        with self._writing:
            self._state.started(message_id)
            self._open()
            self._write(SelectEvent(t=self._wait(), id=message_id))

    def set_title(self, text: str) -> None:
        """Name the session; empty text goes back to the first words."""
        with self._writing:
            self._open()
            self._write(TitleEvent(t=self._wait(), text=" ".join(text.split())), durable=True)

    def append_settings(self, values: Mapping[str, Any]) -> None:
        """Settings that hold from now on; those not named stay. Nothing is written when nothing changes."""
        with self._writing:
            known = self.settings
            changed = {key: value for key, value in values.items() if key not in known or known[key] != value}
            if changed and self._opened:
                self._write(SettingsEvent(t=self._wait(), values=changed))
            else:
                self._first_settings.update(changed)

    def close(self) -> None:
        """Let another program write it. What could not be written before is tried once more."""
        with self._writing:
            try:
                if self._unwritten:
                    self._flush(durable=True)
            except StorageError:
                pass
            finally:
                self._store.close()

    def _open(self) -> None:
        """Say once that this program writes from now on, with the settings it starts with."""
        if self._opened:
            return
        self._store.begin()
        self._write(OpenEvent(t=self._wait(), at=ids.now()))
        self._opened = True
        if self._first_settings:
            self._write(SettingsEvent(t=0.0, values=self._first_settings))
            self._first_settings = {}

    def _append_finished(self, message: Message) -> None:
        if message.reasoning:
            self._write(DeltaEvent(t=0.0, id=message.id, pieces=((0.0, "reasoning", message.reasoning),)))
        if message.end:
            self._write(EndEvent.of(0.0, message.id, message.end), durable=True)

    def _sent(self, message_id: str, at: float) -> float:
        """When the request for a reply was sent, of which something happened ``at`` seconds later, just now."""
        begun, now = self._state.started(message_id), time.monotonic() - self._origin
        return begun if abs(now - begun - at) <= _DRIFT else now - at

    def _wait(self) -> float:
        return round(max(time.monotonic() - self._origin - self._state.time, 0.0), 4)

    def _write(self, event: AnyEvent, *, durable: bool = False) -> None:
        """Write, then take in: what is not on the disk is not in the tree."""
        self._flush(durable=False)
        self._store.append(encode(event), durable=durable and self._durable)
        self._apply(event)

    def _write_kept(self, event: AnyEvent, *, durable: bool) -> None:
        """Take in, then write: a reply is kept in memory when the disk is full."""
        self._apply(event)
        self._unwritten.append(event)
        self._flush(durable=durable)

    def _apply(self, event: AnyEvent) -> None:
        with self._looking:
            self._state.apply(event)

    def _flush(self, *, durable: bool) -> None:
        if self._unwritten:
            self._store.append(b"".join(encode(event) for event in self._unwritten), durable=durable and self._durable)
            self._unwritten.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

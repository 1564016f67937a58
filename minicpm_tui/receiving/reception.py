"""Takes what arrives for the running program: through its socket and in the inbox. A thread of its own; nobody waits for it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from minicpm_tui import paths
from minicpm_tui.errors import MinicpmTuiError, TransferError
from minicpm_tui.exact_json import encode_exactly
from minicpm_tui.files import make_private_dir
from minicpm_tui.receiving import inbox
from minicpm_tui.receiving.sockets import CHUNK, ProgramSocket
from minicpm_tui.receiving.store import Incoming, stem_now
from minicpm_tui.receiving.transfer import Transfer

LOOK_SECONDS = 1.0
"""So often the inbox is looked at."""
_STOP_SECONDS = 0.2
"""So soon a transfer stops when it is told to."""
_PATIENCE = 3
"""Looks after which a program that is not the one meant takes what is in the inbox all the same."""


class Listener(Protocol):
    """Who is told; called from another thread."""

    def began(self, transfer: Transfer) -> None:
        """Something arrives."""

    def arrived(self, path: Path) -> None:
        """It is there."""

    def failed(self, error: MinicpmTuiError) -> None:
        """It will not come."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the program tells a command that has sent a file: where it is, or why it was not taken."""

    path: str = ""
    error: str = ""


class Reception:
    """Runs from ``start`` to ``close``.

    Args:
        folder: where what arrives is to be put now; made when something does.
        listener: is told of it.
        limit: bytes of one file that are taken from the socket.
    """

    def __init__(self, folder: Callable[[], Path], listener: Listener, limit: int) -> None:
        self._folder = folder
        self._listener = listener
        self._limit = limit
        self._inbox = inbox.Inbox(paths.inbox_dir())
        self._waited: dict[Path, int] = {}
        self._used = False
        self._door: ProgramSocket | None = None
        self._opened = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reception", daemon=True)

    def start(self) -> None:
        """Begin to listen and to look."""
        self._thread.start()

    def used(self) -> None:
        """The user is in front of this program."""
        self._used = True

    def close(self) -> None:
        """Take nothing more."""
        self._ended.set()
        if self._thread.is_alive():  # a socket that is just being made would stay behind
            self._opened.wait(_STOP_SECONDS)
        if self._door is not None:
            self._door.close()

    def _run(self) -> None:
        with contextlib.suppress(MinicpmTuiError):
            make_private_dir(self._inbox.folder)
        with contextlib.suppress(MinicpmTuiError):  # the inbox works without
            self._door = ProgramSocket()
        self._opened.set()
        while not self._ended.is_set():
            if (caller := self._caller()) is not None:
                with caller:
                    self._serve(caller)
            if self._door is not None and self._used:
                self._used = False
                self._door.used()
            self._look()
        self.close()

    def _caller(self) -> socket.socket | None:
        """Whoever connects before the inbox is to be looked at again."""
        if self._door is None:
            self._ended.wait(LOOK_SECONDS)
            return None
        try:
            return self._door.accept(LOOK_SECONDS)
        except OSError:  # it is being closed
            self._ended.wait(LOOK_SECONDS)
            return None

    def _look(self) -> None:
        complete = self._inbox.complete()
        meant = bool(complete) and (self._door is None or self._door.meant)
        self._waited = {path: self._waited.get(path, 0) + 1 for path in complete}
        for path, looks in self._waited.items():
            if not meant and looks <= _PATIENCE:
                continue
            try:
                if (taken := inbox.take(path, self._folder())) is not None:
                    self._listener.arrived(taken)
            except MinicpmTuiError as error:
                if looks == _PATIENCE:  # once: it stays there
                    self._listener.failed(error)

    def _serve(self, caller: socket.socket) -> None:
        """Take one file from the socket, and answer."""
        transfer = Transfer(self._limit)
        self._listener.began(transfer)
        try:
            path = self._take(caller, transfer)
        except MinicpmTuiError as error:
            answer = Answer(error=str(error))
            self._listener.failed(error)
        else:
            answer = Answer(str(path))
            self._listener.arrived(path)
        with contextlib.suppress(OSError):
            caller.settimeout(LOOK_SECONDS)
            caller.sendall(encode_exactly(answer) + b"\n")

    def _take(self, caller: socket.socket, transfer: Transfer) -> Path:
        caller.settimeout(_STOP_SECONDS)
        with Incoming(self._folder()) as incoming:
            while True:
                try:
                    data = caller.recv(CHUNK)
                except TimeoutError:
                    transfer.count(0)
                    continue
                except OSError as error:
                    raise TransferError(str(error.strerror or error)) from error
                if not data:
                    return incoming.finish(stem_now("taken"))
                transfer.count(len(data))
                incoming.write(data)

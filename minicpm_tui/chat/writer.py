"""Writes a growing reply to the journal without keeping the stream waiting for the disk."""

from __future__ import annotations

import asyncio

from minicpm_tui.errors import StorageError
from minicpm_tui.messages import Delta, End
from minicpm_tui.sessions import Journal

FLUSH_SECONDS = 0.02
"""Between the arrival of a piece and its writing: the connection is read every 0.1 s, and on a busy machine both and the write
itself must stay under the journal's 0.2 s."""


class ReplyWriter:
    """Deltas of one reply on their way to the disk.

    A disk that takes nothing does not end the reply: ``trouble`` holds the error, the journal keeps the pieces in memory and
    tries again with the next ones; ``told`` is for whoever tells the user.
    """

    def __init__(self, journal: Journal, message_id: str) -> None:
        self._journal = journal
        self._id = message_id
        self._pending: list[Delta] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Future[None] | None = None
        self.trouble: StorageError | None = None
        self.told = False

    def add(self, delta: Delta) -> None:
        """Write ``delta`` soon."""
        self._pending.append(delta)
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._start)

    async def close(self, end: End) -> None:
        """Write the rest and the end of the reply."""
        if self._writing is not None:
            await self._writing
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.to_thread(self._write, self._taken(), end)

    def _start(self) -> None:
        self._timer = None
        self._writing = asyncio.get_running_loop().run_in_executor(None, self._write, self._taken(), None)
        self._writing.add_done_callback(self._written)

    def _written(self, done: asyncio.Future[None]) -> None:
        if done.cancelled() or done.exception():  # of a mistake of ours: ``close`` raises it
            return
        self._writing = None
        if self._pending:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._start)

    def _taken(self) -> list[Delta]:
        taken, self._pending = self._pending, []
        return taken

    def _write(self, deltas: list[Delta], end: End | None) -> None:
        try:
            self._journal.append_deltas(self._id, deltas)
        except StorageError as error:
            self.trouble = error
        if end is not None:
            try:
                self._journal.append_end(self._id, end)
            except StorageError as error:
                self.trouble = error

"""What a journal writes to, and the one that writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from minicpm_tui.messages import Blob, BlobReader, MemoryBlobs, Message
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.state import SessionState


class Store(Protocol):
    """What a journal writes to."""

    id: str
    path: Path | None
    created: str
    state: SessionState
    read_only: bool
    read_only_reason: str
    notes: tuple[str, ...]

    @property
    def blobs(self) -> BlobReader:
        """Reads the attachments that ``keep`` stored."""

    def begin(self) -> None:
        """Be ready for the first line. Raises StorageError, SessionError when read-only."""

    def keep(self, message: Message, blobs: Mapping[str, Blob]) -> None:
        """Store the attachments of ``message``. Raises ValueError when one is missing."""

    def append(self, lines: bytes, *, durable: bool = False) -> None:
        """Append whole lines."""

    def close(self) -> None:
        """Let go of files and locks."""


class UnsavedSession:
    """A session that lives in memory."""

    def __init__(self) -> None:
        self.id = ids.new_id()
        self.path: Path | None = None
        self.created = ids.now()
        self.state = SessionState()
        self.read_only = False
        self.read_only_reason = ""
        self.notes: tuple[str, ...] = ()
        self._blobs = MemoryBlobs()

    @property
    def blobs(self) -> BlobReader:
        """Reads the attachments from memory."""
        return self._blobs

    def begin(self) -> None:
        """Always ready."""

    def keep(self, message: Message, blobs: Mapping[str, Blob]) -> None:
        """Hold the attachments of ``message`` in memory."""
        self._blobs.add(blobs)

    def append(self, lines: bytes, *, durable: bool = False) -> None:
        """The state is all there is."""

    def close(self) -> None:
        """Nothing is held."""

"""A session in its folder: read, locked, appended to."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from minicpm_tui import paths
from minicpm_tui.errors import SessionError, SessionLocked, SessionNotFound, StorageError
from minicpm_tui.files import PRIVATE_DIR, FileLock, LockHeld, make_private_dir, storage_errors, sync_dir
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import Blob, BlobReader, Message, media_of
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.attachments import AttachmentStore
from minicpm_tui.sessions.events import VERSION, Header, encode
from minicpm_tui.sessions.journal_reader import Reading, follow
from minicpm_tui.sessions.log import LineLog
from minicpm_tui.sessions.state import SessionState

LOCK = "lock"
_NO_READING = Reading(None, (), (), 0, 0, newline=False)


class SavedSession:
    """A session in its folder."""

    def __init__(
        self, folder: Path, *, lock: FileLock | None = None, read_only: bool = False, reason: str = "", new: bool = False
    ) -> None:
        self.path: Path | None = folder
        self.read_only = read_only
        self.read_only_reason = reason
        self.state = SessionState()
        self._folder = folder
        self._lock = lock
        self._log: LineLog | None = None
        self._is_new = new
        self._reading = _NO_READING if new else _follow(folder, self.state)
        header = self._reading.header or Header(id="", created="")
        self.id = folder.name if new else folder.resolve().name
        self.created = header.created or (not new and ids.created_of(self.id)) or self.state.last_open or ids.now()
        self.notes = (*_not_known(header, self.state), *damage_of(self._reading))
        self._attachments = AttachmentStore(folder / ids.ATTACHMENTS)
        if header.version > VERSION and not read_only:
            raise SessionError(
                self.id, title=_("The session was written by a newer version"), hint=_("update minicpm-tui to continue it")
            )

    @classmethod
    def new(cls, among: Path | None = None) -> Self:
        """A session whose folder does not exist yet."""
        parent = paths.sessions_dir() if among is None else among
        return cls(parent / ids.new_id(), new=True)

    @classmethod
    def at(cls, folder: Path, *, read_only: bool = False, reason: str = "") -> Self:
        """The session in ``folder``, locked unless ``read_only``; see ``Journal.open`` for what it raises."""
        if not ids.is_session(folder):
            raise SessionNotFound(str(folder), hint=_("`minicpm-tui sessions list` shows the ids"))
        if read_only:
            return cls(folder, read_only=True, reason=reason)
        lock = lock_session(folder)
        try:
            session = cls(folder, lock=lock)
            session.mend()
        except BaseException:
            lock.release()
            raise
        return session

    @classmethod
    def at_any(cls, folder: Path) -> Self:
        """``at`` for writing, else read-only with the reason."""
        try:
            return cls.at(folder)
        except SessionNotFound:
            raise
        except (SessionError, StorageError) as error:
            return cls.at(folder, read_only=True, reason=str(error))

    @property
    def blobs(self) -> BlobReader:
        """Reads the attachments in the session's folder."""
        return self._attachments

    def begin(self) -> None:
        """Open the journal for appending, or make the folder of a new session.

        Raises SessionError when it is read-only, StorageError."""
        if self.read_only:
            raise SessionError(self.id, title=_("The session is open read-only"), hint=self.read_only_reason)
        if self._log is not None:
            return
        if self._is_new:
            self._create()
            self._is_new = False
            return
        log = LineLog(self._folder / ids.JOURNAL, end=self._reading.end, newline=self._reading.newline)
        if self._reading.end == 0:
            log.append(encode(self._header))
        self._log = log

    def mend(self) -> None:
        """Cut a torn last line off."""
        if self._reading.end < self._reading.size:
            self.begin()

    def keep(self, message: Message, blobs: Mapping[str, Blob]) -> None:
        """Write the attachments of ``message`` to the disk. Raises ValueError when one is missing, StorageError."""
        self._attachments.store(blobs)
        for part in media_of(message.content):
            for digest in part.digests:
                if digest not in blobs and not self._attachments.has(digest):
                    raise ValueError(f"message {message.id}: attachment {digest} is not there")

    def append(self, lines: bytes, *, durable: bool = False) -> None:
        """Append whole lines to the journal; with ``durable`` they are on the disk on return.

        Raises SessionError when it is read-only, StorageError."""
        self.begin()
        assert self._log is not None
        self._log.append(lines, durable=durable)

    def close(self) -> None:
        """Close the journal and give the session's lock back; from here on it is read-only."""
        if self._log is not None:
            self._log.close()
            self._log = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self.read_only = True

    def _create(self) -> None:
        """Make the folder; another id when a session of this second took ours."""
        parent = self._folder.parent
        if not parent.is_dir():
            make_private_dir(parent)
            sync_dir(parent.parent)
        while True:
            with storage_errors(self._folder):
                try:
                    self._folder.mkdir(mode=PRIVATE_DIR)
                except FileExistsError:
                    self._rename(parent / ids.new_id())
                    continue
            break
        try:
            self._lock = lock_session(self._folder)
            log = LineLog(self._folder / ids.JOURNAL)
            log.append(encode(self._header), durable=True)
        except BaseException:
            self._undo()
            raise
        sync_dir(self._folder)
        sync_dir(parent)
        self._log = log

    @property
    def _header(self) -> Header:
        return Header(id=self.id, created=self.created)

    def _rename(self, folder: Path) -> None:
        self.path = self._folder = folder
        self.id = folder.name
        self._attachments = AttachmentStore(folder / ids.ATTACHMENTS)

    def _undo(self) -> None:
        """A folder that could not be begun leaves nothing behind."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        with contextlib.suppress(OSError):
            for name in (ids.JOURNAL, LOCK):
                (self._folder / name).unlink(missing_ok=True)
            self._folder.rmdir()


def _follow(folder: Path, state: SessionState) -> Reading:
    """Bring ``state`` to where the journal in ``folder`` ends."""
    journal = folder / ids.JOURNAL
    try:
        with journal.open("rb") as file:
            return follow(file, state.apply)
    except OSError as error:
        raise StorageError(f"{journal}: {error.strerror}", title=_("The session cannot be read")) from error


def lock_session(folder: Path) -> FileLock:
    """The right to write the session in ``folder``. Raises SessionLocked with who has it, StorageError."""
    try:
        return FileLock(folder / LOCK).acquire()
    except LockHeld as error:
        holder = error.holder or _("another program")
        raise SessionLocked(
            _("{id} is being written by {holder}").format(id=folder.name, holder=holder),
            hint=_("close it there, or open it read-only"),
        ) from error


def damage_of(reading: Reading) -> list[str]:
    """What of a journal cannot be read, as sentences."""
    count = len(reading.damaged)
    text = ngettext(
        "{count} line cannot be read; it is kept in the file.", "{count} lines cannot be read; they are kept in the file.", count
    )
    return [text.format(count=count)] if count else []


def _not_known(header: Header, state: SessionState) -> list[str]:
    """What this version passes over, as sentences."""
    notes = []
    if header.version > VERSION:
        notes.append(_("This session was written by a newer version; only what this version knows is shown."))
    if state.unknown:
        notes.append(
            ngettext(
                "{count} event of an unknown kind is not shown.", "{count} events of unknown kinds are not shown.", state.unknown
            ).format(count=state.unknown)
        )
    return notes

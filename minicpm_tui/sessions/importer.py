"""Sessions from elsewhere: an exported archive, a journal, a copied folder, or the messages of an OpenAI chat request.

Whatever the file says, only a new session folder is written, and it appears complete or not at all.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from minicpm_tui import paths
from minicpm_tui.errors import SessionDamaged, StorageError
from minicpm_tui.files import make_private_dir, storage_errors, sync_dir, write_durably
from minicpm_tui.i18n import _
from minicpm_tui.messages import Blob, media_of
from minicpm_tui.sessions import ids, tar
from minicpm_tui.sessions.attachments import EXTENSIONS, AttachmentStore
from minicpm_tui.sessions.chat_messages import convert, looks_like_chat
from minicpm_tui.sessions.events import Header, encode
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.journal_reader import read
from minicpm_tui.sessions.staging import staging
from minicpm_tui.text import format_bytes

MOST_JOURNAL_BYTES = 1 << 30
_MEDIA_TYPES = {extension: media_type for media_type, extension in reversed(EXTENSIONS.items())}
_ATTACHMENT = re.compile(r"(?:.*/)?attachments/([0-9a-f]{64})\.([a-z0-9]{1,8})")


def import_session(path: Path, folder: Path | None = None) -> str:
    """Import ``path``; the new session's id.

    Args:
        path: a ``.tar.gz``, ``.jsonl`` or ``.json`` file (told apart by content), or a session's folder.
        folder: the folder of session folders, ``paths.sessions_dir()`` unless given.

    Raises:
        StorageError: it cannot be read, or the disk does not take it.
        SessionDamaged: it is nothing we know, or hostile.
    """
    into = make_private_dir(paths.sessions_dir() if folder is None else folder)
    try:
        with path.open("rb") if path.is_file() else contextlib.nullcontext() as file:
            start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n") if file else b""
        if path.is_dir():
            if not ids.is_session(path):
                raise StorageError(str(path), title=_("There is no session in this folder"))
            return _keep(into, _journal_of(path / ids.JOURNAL), _beside(path))
        if not path.is_file():
            raise StorageError(str(path), title=_("Not a file") if path.exists() else _("No such file"))
        if start.startswith(b"\x1f\x8b"):
            return _import_archive(path, into)
        data = _journal_of(path)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", title=_("The file cannot be read")) from error
    if looks_like_chat(data):
        return _import_chat(data, path, into)
    return _keep(into, data, _beside(path.parent) if path.name == ids.JOURNAL else ())


def _import_archive(path: Path, into: Path) -> str:
    """The journal and the attachments of an archive; other files in it are left out."""
    journal: bytes | None = None
    with staging(into) as place:
        store = AttachmentStore(place / ids.ATTACHMENTS)
        for name, data in tar.members(path, MOST_JOURNAL_BYTES):
            if name.rsplit("/", 1)[-1] == ids.JOURNAL and journal is None:
                journal = data
            elif match := _ATTACHMENT.fullmatch(name):
                _store(store, match.group(1), match.group(2), data)
        if journal is None:
            raise SessionDamaged(str(path), title=_("There is no session in this archive"))
        return _keep(into, journal, _beside(place))


def _import_chat(data: bytes, path: Path, into: Path) -> str:
    messages, blobs, settings = convert(data, path)
    if not messages:
        raise SessionDamaged(str(path), title=_("This file cannot be imported"), hint=_("it contains no messages"))
    with staging(into) as place:
        with Journal.create(settings=settings, folder=place) as journal:
            for message in messages:
                needed = (digest for part in media_of(message.content) for digest in part.digests)
                journal.append_message(message, {digest: blobs[digest] for digest in needed})
        assert journal.path is not None
        return _keep(into, _journal_of(journal.path / ids.JOURNAL), _beside(journal.path))


def _keep(into: Path, data: bytes, attachments: Iterable[tuple[str, str, bytes]]) -> str:
    """Write a new session folder from a journal's bytes; all its lines as they are but the header, which gets the new id."""
    reading = read(data)
    if reading.header is None and not reading.events:
        raise SessionDamaged(_("it contains neither a session nor chat messages"), title=_("This file cannot be imported"))
    header = reading.header or Header(id="", created=ids.now())
    body = data[: reading.end]
    first, _newline, rest = body.partition(b"\n")
    alone = read(first + b"\n")
    if alone.header is not None and not alone.events and not alone.damaged:
        body = rest
    if body and not body.endswith(b"\n"):
        body += b"\n"
    with staging(into) as place:
        store = AttachmentStore(place / ids.ATTACHMENTS)
        for digest, extension, content in attachments:
            _store(store, digest, extension, content)
        while True:
            session_id = ids.new_id()
            write_durably(place / ids.JOURNAL, encode(msgspec.structs.replace(header, id=session_id)) + body)
            if not (into / session_id).exists():
                break
        with storage_errors(into / session_id):
            place.rename(into / session_id)
    sync_dir(into)
    return session_id


def _store(store: AttachmentStore, digest: str, extension: str, data: bytes) -> None:
    """Keep an attachment that is what its name says; another is left out, and ``check`` will name it."""
    blob = Blob(data, _MEDIA_TYPES.get(extension, "application/octet-stream"))
    if blob.sha256 == digest:
        store.store({digest: blob})


def _beside(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """The attachments in a session's folder; links are not followed."""
    place = folder / ids.ATTACHMENTS
    if place.is_symlink():
        return
    for digest, path in AttachmentStore(place).files():
        with contextlib.suppress(OSError):
            yield digest, path.suffix[1:], path.read_bytes()


def _journal_of(path: Path) -> bytes:
    if (size := path.stat().st_size) > MOST_JOURNAL_BYTES:
        raise SessionDamaged(f"{path}: {format_bytes(size)}", title=_("The file is too large to import"))
    return path.read_bytes()

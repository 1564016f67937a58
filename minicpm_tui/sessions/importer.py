"""Sessions from elsewhere: an archive, a journal, a copied folder, the messages of a chat request, other programs' exports.

Whatever the file says, only a new session folder is written, and it appears complete or not at all. A session keeps its id where
that is free. One that is here already, perhaps continued since, is not written again; attachments that it lacks are added.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from minicpm_tui import paths
from minicpm_tui.errors import SessionDamaged, StorageError
from minicpm_tui.files import make_private_dir, storage_errors, sync_dir, write_durably
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import Blob, Message, media_of, message_ending
from minicpm_tui.sessions import ids, tar
from minicpm_tui.sessions.attachments import EXTENSIONS, AttachmentStore
from minicpm_tui.sessions.chat_messages import convert, looks_like_chat, named, parsed
from minicpm_tui.sessions.events import Header, MessageEvent, UnknownEvent, encode
from minicpm_tui.sessions.imports import databases
from minicpm_tui.sessions.imports.content import Content
from minicpm_tui.sessions.imports.conversation import Conversation
from minicpm_tui.sessions.imports.formats import conversations
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.journal_reader import Reading, read
from minicpm_tui.sessions.private import without_private
from minicpm_tui.sessions.staging import staging
from minicpm_tui.text import format_bytes, one_line

MOST_JOURNAL_BYTES = 1 << 30
_MEDIA_TYPES = {extension: media_type for media_type, extension in reversed(EXTENSIONS.items())}
_ATTACHMENT = re.compile(r"(?:.*/)?attachments/([0-9a-f]{64})\.([a-z0-9]{1,8})")


def import_sessions(path: Path, folder: Path | None = None, say: Callable[[str], None] = lambda _line: None) -> list[str]:
    """Import ``path``; the ids of the sessions, one unless it is another program's export of several conversations.

    Args:
        path: a ``.tar.gz``, ``.jsonl`` or ``.json`` file, a database (told apart by content), or a session's folder.
        folder: the folder of session folders, ``paths.sessions_dir()`` unless given.
        say: is told (translated) that a session was here already, what is missing, and what was left out.

    Raises:
        StorageError: it cannot be read, or the disk does not take it.
        SessionDamaged: it is nothing we know, or hostile.
    """
    into = make_private_dir(paths.sessions_dir() if folder is None else folder)
    return [_told(session_id, into, say, known=known) for session_id, known in _imported(path, into, say)]


def _told(session_id: str, into: Path, say: Callable[[str], None], *, known: bool) -> str:
    """The id again, after saying what is to be said of the session."""
    if known:
        say(_("this session is here already: {id}").format(id=session_id))
    with Journal.open(into / session_id, read_only=True) as journal:
        media = [part for message in journal.tree.messages.values() for part in media_of(message.content)]
        needed = {digest for part in media for digest in part.digests}
        lost = needed - {digest for digest, _path in AttachmentStore(into / session_id / ids.ATTACHMENTS).files()}
    if lost:
        text = ngettext(
            "{count} of {all} attachments is missing: import the tar.gz or the folder of the session, or put it into {place}",
            "{count} of {all} attachments are missing: import the tar.gz or the folder of the session, or put them into {place}",
            len(lost),
        )
        say(text.format(count=len(lost), all=len(needed), place=into / session_id / ids.ATTACHMENTS))
    return session_id


def _imported(path: Path, into: Path, say: Callable[[str], None]) -> list[tuple[str, bool]]:
    """The ids, and whether each session was here already."""
    try:
        with path.open("rb") if path.is_file() else contextlib.nullcontext() as file:
            start = file.read(512) if file else b""
        if path.is_dir():
            if not ids.is_session(path):
                raise StorageError(str(path), title=_("There is no session in this folder"))
            return [_keep(into, _journal_of(path / ids.JOURNAL), _beside(path))]
        if not path.is_file():
            raise StorageError(str(path), title=_("Not a file") if path.exists() else _("No such file"))
        if tar.is_archive(start):
            return _import_archive(path, into)
        if start.startswith(databases.MAGIC):
            return _import_all(databases.read(path), path, into, say)
        data = _journal_of(path)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", title=_("The file cannot be read")) from error
    if looks_like_chat(data):
        raw = parsed(data, path)
        if (others := conversations(raw, path)) is not None:
            return _import_all(others, path, into, say)
        return [_import_chat(raw, path, into, say)]
    return [_keep(into, data, _beside(path.parent))]


def _import_archive(path: Path, into: Path) -> list[tuple[str, bool]]:
    """The sessions in an archive with their attachments; other files in it are left out."""
    journals: list[bytes] = []
    with staging(into) as place:
        store = AttachmentStore(place / ids.ATTACHMENTS)
        for name, data in tar.members(path, MOST_JOURNAL_BYTES):
            if name.rsplit("/", 1)[-1] == ids.JOURNAL:
                journals.append(data)
                if (size := sum(map(len, journals))) > MOST_JOURNAL_BYTES:
                    raise SessionDamaged(f"{path}: {format_bytes(size)}", title=_("The file is too large to import"))
            elif match := _ATTACHMENT.fullmatch(name):
                _store(store, match.group(1), match.group(2), data)
        if not journals:
            raise SessionDamaged(str(path), title=_("There is no session in this archive"))
        return [_keep(into, each, _beside(place)) for each in journals]


def _import_chat(raw: object, path: Path, into: Path, say: Callable[[str], None]) -> tuple[str, bool]:
    messages, content, settings = convert(raw, path)
    session_id, created = named(raw)
    if session_id and (into / session_id).is_dir() and _says(into / session_id, messages):
        return session_id, True
    if not messages:
        raise SessionDamaged(str(path), title=_("This file cannot be imported"), hint=_("it contains no messages"))
    with staging(into) as place:
        with Journal.create(settings=settings, folder=place, durable=False) as journal:
            _append(journal, messages, content)
        assert journal.path is not None
        text = _journal_of(journal.path / ids.JOURNAL)
        kept = _keep(into, _named(text, session_id, created) if session_id else text, _beside(journal.path))
    _say_dropped(content, say)
    return kept


def _import_all(others: Iterable[Conversation], path: Path, into: Path, say: Callable[[str], None]) -> list[tuple[str, bool]]:
    """Each conversation of another program as a session; what none of them holds is said as one line."""
    found = [kept for each in others if (kept := _import_conversation(each, into, say)) is not None]
    if not found:
        raise SessionDamaged(str(path), title=_("This file cannot be imported"), hint=_("it contains no messages"))
    return found


def _import_conversation(other: Conversation, into: Path, say: Callable[[str], None]) -> tuple[str, bool] | None:
    messages, current = other.messages()
    if not messages:
        return None
    session_id = other.session_id
    with staging(into) as place:
        with Journal.create(settings=other.settings, folder=place, durable=False) as journal:
            if other.title:
                journal.set_title(one_line(other.title))
            _append(journal, messages, other.content)
            if current:
                journal.select(current)
            path = list(journal.tree.path())
        if session_id and (into / session_id).is_dir() and _says(into / session_id, path):
            return session_id, True
        assert journal.path is not None
        text = _journal_of(journal.path / ids.JOURNAL)
        kept = _keep(into, _named(text, session_id, other.created) if session_id else text, _beside(journal.path))
    _say_dropped(other.content, say)
    return kept


def _append(journal: Journal, messages: Iterable[Message], content: Content) -> None:
    for message in messages:
        needed = (digest for part in media_of(message.content) for digest in part.digests)
        journal.append_message(message, {digest: content.blobs[digest] for digest in needed})


def _say_dropped(content: Content, say: Callable[[str], None]) -> None:
    if content.dropped:
        what = ", ".join(kind if count == 1 else f"{count} × {kind}" for kind, count in content.dropped.most_common(10))
        say(_("not taken over: {what}; in the text their names stand in brackets").format(what=what))


def _says(folder: Path, messages: Sequence[Message]) -> bool:
    """Whether the session in ``folder`` begins with ``messages``."""
    with Journal.open(folder, read_only=True) as journal:
        path = [message for message in journal.tree.path() if message.content or message.role == "assistant"]
    here, there = ([(each.role, each.text, message_ending(each).kind) for each in some] for some in (path, messages))
    return here[: len(there)] == there


def _named(data: bytes, session_id: str, created: str) -> bytes:
    """A journal as that of ``session_id``."""
    header = msgspec.structs.replace(read(data).header or Header(id="", created=created), id=session_id, created=created)
    return encode(header) + data.partition(b"\n")[2]


def _keep(into: Path, data: bytes, attachments: Iterable[tuple[str, str, bytes]]) -> tuple[str, bool]:
    """Write a new session folder from a journal's bytes; all its lines as they are but the header, where its id is taken.

    True where the session is there already.
    """
    reading = read(data)
    if reading.header is None and not reading.events:
        raise SessionDamaged(_("it contains neither a session nor chat messages"), title=_("This file cannot be imported"))
    if (reading.damaged or any(isinstance(event, UnknownEvent) for event in reading.events)) and not _messages(reading):
        raise SessionDamaged(_("no message in it can be read"), title=_("This file cannot be imported"))
    header = reading.header or Header(id="", created=ids.now())
    body = data[: reading.end]
    first, _newline, rest = body.partition(b"\n")
    alone = read(first + b"\n")
    if alone.header is not None and not alone.events and not alone.damaged:
        body = rest
    if body and not body.endswith(b"\n"):
        body += b"\n"
    needed = _needed(reading)
    if ids.is_id(header.id) and _same(into / header.id, body):
        _store_needed(into / header.id, attachments, needed)
        return header.id, True
    with staging(into) as place:
        _store_needed(place, attachments, needed)
        session_id = header.id
        while not ids.is_id(session_id) or any((each / session_id).exists() for each in (into, into.parent / ids.TRASH)):
            session_id = ids.new_id()
        write_durably(place / ids.JOURNAL, encode(msgspec.structs.replace(header, id=session_id)) + body)
        with storage_errors(into / session_id):
            place.rename(into / session_id)
    sync_dir(into)
    return session_id, False


def _same(folder: Path, body: bytes) -> bool:
    """Whether the session in ``folder`` is the one of which ``body`` has the events, perhaps continued since."""
    try:
        here = _journal_of(folder / ids.JOURNAL).partition(b"\n")[2]
    except (OSError, SessionDamaged):
        return False
    return without_private(here).startswith(without_private(body))


def _needed(reading: Reading) -> set[str]:
    """The attachments that a journal names."""
    return {digest for message in _messages(reading) for part in media_of(message.content) for digest in part.digests}


def _messages(reading: Reading) -> list[Message]:
    return [event.message for event in reading.events if isinstance(event, MessageEvent)]


def _store_needed(folder: Path, attachments: Iterable[tuple[str, str, bytes]], needed: set[str]) -> None:
    """Keep those of the ``attachments`` that the session in ``folder`` names."""
    store = AttachmentStore(folder / ids.ATTACHMENTS)
    for digest, extension, content in attachments:
        if digest in needed:
            _store(store, digest, extension, content)


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

"""Names of sessions, ``YYYYMMDD-HHMMSS-xxxx`` in UTC, and the folders they stand for."""

from __future__ import annotations

import re
import secrets
import string
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from pathlib import Path

from minicpm_tui import paths
from minicpm_tui.errors import SessionNotFound
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line

JOURNAL = "session.jsonl"
ATTACHMENTS = "attachments"
TRASH = "trash"
"""The folder of deleted sessions, beside that of the saved ones."""

_ALPHABET = string.ascii_lowercase + string.digits
_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9]{4}")


def now() -> str:
    """This moment, ISO 8601 UTC with milliseconds."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """``moment`` as journals write it: ISO 8601 UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime | None:
    """What an ISO 8601 text says, in UTC; None when it says nothing, or a year that not every time zone can tell."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if MINYEAR < moment.year < MAXYEAR else None


def later(created: str, seconds: float) -> str:
    """``created`` and so many seconds more; ``created`` itself where that is no date."""
    moment = moment_of(created)
    try:
        return created if moment is None else stamp(moment + timedelta(seconds=seconds))
    except OverflowError:
        return created


def new_id() -> str:
    """A new session's id."""
    tail = "".join(secrets.choice(_ALPHABET) for _index in range(4))
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{tail}"


def is_id(text: str) -> bool:
    """True for a name that sessions of ours have."""
    return _ID.fullmatch(text) is not None


def begun_of(session_id: str) -> datetime | None:
    """The moment that an id names, in UTC; None when it is not one of ours."""
    if not is_id(session_id):
        return None
    date, time, _tail = session_id.split("-")
    try:  # strptime takes ten times as long, and many ids are read
        return datetime(int(date[:4]), int(date[4:6]), int(date[6:]), int(time[:2]), int(time[2:4]), int(time[4:]), tzinfo=UTC)
    except ValueError:
        return None


def created_of(session_id: str) -> str | None:
    """The moment that an id names, ISO 8601 UTC; None when it is not one of ours."""
    begun = begun_of(session_id)
    return stamp(begun) if begun else None


def is_session(folder: Path) -> bool:
    """True for a folder with a journal in it."""
    return (folder / JOURNAL).is_file()


def find(name: str, among: Path | None = None) -> Path:
    """The folder of the session whose id is ``name`` or alone begins with it.

    Args:
        name: an id or a prefix of one.
        among: the folder of session folders, the saved ones unless given.

    Raises:
        SessionNotFound: none begins so, or several do.
    """
    folder = paths.sessions_dir() if among is None else among
    if not name or "/" in name or "\0" in name or name.startswith("."):
        raise SessionNotFound(one_line(name) or "''", hint=_("`minicpm-tui sessions list` shows the ids"))
    exact = folder / name
    if is_session(exact):
        return exact
    try:
        found = sorted(each for each in folder.iterdir() if each.name.startswith(name) and is_session(each))
    except OSError:
        found = []
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(each.name for each in found[:3]) + (" …" if len(found) > 3 else "")
        raise SessionNotFound(
            one_line(name), title=_("Several sessions begin like that"), hint=_("give more of the id: {ids}").format(ids=ids)
        )
    if among is not None and among.name == TRASH:
        title, hint = _("No such session in the trash"), _("`minicpm-tui sessions list --trash` shows the ids")
        raise SessionNotFound(one_line(name), title=title, hint=hint)
    raise SessionNotFound(one_line(name), hint=_("`minicpm-tui sessions list` shows the ids"))

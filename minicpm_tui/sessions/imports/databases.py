"""Conversations in SQLite: ``logs.db`` of llm and ``store.db`` of oterm.

By llm's documentation ("Logging to SQLite") and oterm's tables.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.i18n import _
from minicpm_tui.messages import Part
from minicpm_tui.sessions.imports.content import Content
from minicpm_tui.sessions.imports.conversation import Conversation, Node, iso, stated, with_text
from minicpm_tui.sessions.imports.pictures import picture_of, picture_part

MAGIC = b"SQLite format 3\0"


def read(path: Path) -> Iterator[Conversation]:
    """The conversations in a database, the oldest first. Raises SessionDamaged for another program's, or a damaged one."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            db.text_factory = lambda data: data.decode("utf-8", "replace")
            names = {row["name"] for row in db.execute("SELECT name FROM sqlite_master")}
            if {"responses", "conversations"} <= names:
                yield from _llm(db, names)
            elif {"chat", "message"} <= names:
                yield from _oterm(db)
            else:
                hint = _("it is a database, but neither llm's logs.db nor oterm's store.db")
                raise SessionDamaged(str(path), title=_("This file cannot be imported"), hint=hint)
    except (sqlite3.Error, IndexError) as error:  # IndexError: a column that sqlite3.Row does not have
        raise SessionDamaged(f"{path}: {error}", title=_("This file cannot be imported")) from error


def _llm(db: sqlite3.Connection, names: set[str]) -> Iterator[Conversation]:
    for chat in db.execute("SELECT id, name, model FROM conversations ORDER BY rowid"):
        found = Conversation(Content(), key=f"llm {chat['id']}", title=stated(chat["name"]), model=stated(chat["model"]) or None)
        before: str | None = None
        for row in db.execute("SELECT * FROM responses WHERE conversation_id = ? ORDER BY datetime_utc, rowid", (chat["id"],)):
            at, asked, answered = iso(row["datetime_utc"]), f"{row['id']} asked", f"{row['id']} answered"
            found.created = found.created or at
            found.system = found.system or _joined(db, names, "system_fragments", row, stated(row["system"]))
            text = _joined(db, names, "prompt_fragments", row, stated(row["prompt"]))
            found.nodes.append(Node(asked, before, "user", with_text(text, *_attachments(db, names, row, found.content)), at=at))
            for _each in range(_count(db, names, "tool_calls", row)):
                found.content.left_out("tool_calls")
            answer = with_text(stated(row["response"]))
            found.nodes.append(Node(answered, asked, "assistant", answer, model=stated(row["model"]) or None, at=at))
            before = found.current = answered
        if found.nodes:
            yield found


def _joined(db: sqlite3.Connection, names: set[str], table: str, row: sqlite3.Row, text: str) -> str:
    """A prompt with the fragments before it."""
    if table not in names:
        return text
    query = f'SELECT content FROM fragments JOIN {table} ON fragment_id = fragments.id WHERE response_id = ? ORDER BY "order"'  # noqa: S608 # a name of ours
    return "\n".join([*(stated(each["content"]) for each in db.execute(query, (row["id"],))), *([text] if text else [])])


def _count(db: sqlite3.Connection, names: set[str], table: str, row: sqlite3.Row) -> int:
    if table not in names:
        return 0
    query = f"SELECT count(*) FROM {table} WHERE response_id = ?"  # noqa: S608 # a name of ours
    return int(db.execute(query, (row["id"],)).fetchone()[0])


def _attachments(db: sqlite3.Connection, names: set[str], row: sqlite3.Row, content: Content) -> tuple[Part, ...]:
    if "prompt_attachments" not in names:
        return ()
    query = (
        "SELECT type, path, url, content FROM attachments JOIN prompt_attachments ON attachment_id = attachments.id"
        ' WHERE response_id = ? ORDER BY "order"'
    )
    parts: list[Part] = []
    for each in db.execute(query, (row["id"],)):
        blob = picture_of(each["content"]) if isinstance(each["content"], bytes) else None
        if blob:
            parts.append(picture_part(blob, content.blobs))
        elif each["url"] and stated(each["type"]).startswith("image/"):
            parts += content.attached([each["url"]])
        else:
            parts.append(content.left_out(stated(each["path"]) or stated(each["url"]) or stated(each["type"]) or "attachment"))
    return tuple(parts)


def _oterm(db: sqlite3.Connection) -> Iterator[Conversation]:
    for chat in db.execute("SELECT * FROM chat ORDER BY id"):
        about: dict[str, Any] = {name: chat[name] for name in chat.keys()}  # noqa: SIM118 # a Row yields values
        found = Conversation(
            Content(),
            title=stated(about.get("name")),
            model=stated(about.get("model")) or None,
            system=stated(about.get("system")),
        )
        before: str | None = None
        for number, row in enumerate(db.execute("SELECT * FROM message WHERE chat_id = ? ORDER BY rowid", (chat["id"],))):
            pictures: object = []
            with contextlib.suppress(ValueError, IndexError, TypeError, RecursionError):
                pictures = json.loads(row["images"])
            parts = with_text(stated(row["text"]), *found.content.attached(pictures))
            role = {"me": "user", "user": "user", "system": "system"}.get(row["author"], "assistant")
            found.nodes.append(Node(str(number), before, role, parts))  # type: ignore[arg-type] # one of the three
            before = found.current = str(number)
        if found.nodes:
            yield found

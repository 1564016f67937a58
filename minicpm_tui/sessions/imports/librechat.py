"""LibreChat's export of one conversation as JSON, flat or with ``children``; attached files are named, they are not in it.

By what its "Export conversation" dialog is known to write; not tried with a file of every version.
"""

from __future__ import annotations

from typing import Any

from minicpm_tui.sessions.imports.content import Content
from minicpm_tui.sessions.imports.conversation import Conversation, Node, iso, name_of, stated, table, tables, with_text


def fits(raw: dict[str, Any]) -> bool:
    """True for an object with LibreChat's messages in it."""
    return "conversationId" in raw and isinstance(raw.get("messages"), list)


def read(raw: dict[str, Any]) -> Conversation:
    """The conversation in such an object."""
    options = table(raw.get("options"))
    found = Conversation(
        Content(),
        key=name_of(raw["conversationId"]) or "",
        title=stated(raw.get("title")),
        model=stated(options.get("model")) or None,
        system=stated(options.get("promptPrefix")) or stated(options.get("system")),
    )
    places: list[tuple[dict[str, Any], str | None]] = [(each, None) for each in reversed(tables(raw["messages"]))]
    while places:
        message, above = places.pop()
        key = name_of(message.get("messageId")) or f"#{len(found.nodes)}"
        found.nodes.append(_node(message, key, above, found.content))
        found.created = found.created or found.nodes[-1].at
        found.current = key
        places += [(each, key) for each in reversed(tables(message.get("children")))]
    return found


def _node(message: dict[str, Any], key: str, above: str | None, content: Content) -> Node:
    parts, reasoning = content.parts(message["content"]) if isinstance(message.get("content"), list) else ((), "")
    if not parts:
        parts = with_text(stated(message.get("text")))
    for each in tables(message.get("files")):
        parts += (content.left_out(stated(each.get("filename")) or "file"),)
    asked = message.get("isCreatedByUser") is True or stated(message.get("sender")).lower() == "user"
    parent = above or name_of(message.get("parentMessageId"))
    model, at = stated(message.get("model")) or None, iso(message.get("createdAt"))
    return Node(key, parent, "user" if asked else "assistant", parts, reasoning, model, at)

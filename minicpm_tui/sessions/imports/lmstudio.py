"""LM Studio's ``*.conversation.json``: messages with versions, replies in steps; pictures lie in ``user-files`` by their names.

By what it is known to keep in ``~/.lmstudio/conversations``; not tried with a file of every version.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minicpm_tui.messages import Part, TextPart
from minicpm_tui.messages.message import Role
from minicpm_tui.sessions.imports.beside import Beside
from minicpm_tui.sessions.imports.content import Content
from minicpm_tui.sessions.imports.conversation import Conversation, Node, moment, stated, table, tables
from minicpm_tui.sessions.imports.pictures import picture_part

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}


def fits(raw: dict[str, Any]) -> bool:
    """True for an object with LM Studio's messages in it."""
    messages = tables(raw.get("messages"))
    return bool(messages) and all("versions" in each for each in messages)


def files_of(path: Path) -> Beside:
    """Where the pictures of the conversation at ``path`` lie: beside it, or in LM Studio's own folder."""
    home = next((each.parent for each in path.resolve().parents if each.name == "conversations"), None)
    return Beside(path.parent, *([home / "user-files"] if home else []))


def read(raw: dict[str, Any], files: Beside) -> Conversation:
    """The conversation in such an object."""
    created = raw.get("createdAt")
    found = Conversation(
        Content(),
        key=f"lmstudio {created}",
        title=stated(raw.get("name")),
        created=moment(created),
        model=stated(table(raw.get("lastUsedModel")).get("identifier")) or None,
        system=stated(raw.get("systemPrompt")),
    )
    parents: list[str | None] = [None]
    for number, message in enumerate(tables(raw["messages"])):
        versions, chosen = tables(message["versions"]), message.get("currentlySelected")
        keys = [f"{number}.{index}" for index in range(len(versions))]
        above = parents[-1]
        for key, version in zip(keys, versions, strict=True):
            found.nodes.append(_node(version, key, above, found.content, files))
        if keys:
            parents.append(keys[chosen if isinstance(chosen, int) and 0 <= chosen < len(keys) else -1])
    found.current = parents[-1]
    return found


def _node(version: dict[str, Any], key: str, parent: str | None, content: Content, files: Beside) -> Node:
    role = version.get("role")
    steps = tables(version.get("steps")) if version.get("type") == "multiStep" else [version]
    parts: list[Part] = []
    thoughts: list[str] = []
    for step in steps:
        thinking = table(step.get("style")).get("type") == "thinking"
        for each in tables(step.get("content")):
            if thinking and each.get("type") == "text":
                thoughts.append(stated(each.get("text")))
            else:
                parts.append(_part(each, content, files))
    model = stated(table(version.get("senderInfo")).get("senderName")) or None
    return Node(key, parent, _ROLES.get(stated(role)), tuple(parts), "\n\n".join(thoughts), model)


def _part(raw: dict[str, Any], content: Content, files: Beside) -> Part:
    if raw.get("type") == "text":
        return TextPart(stated(raw.get("text")))
    name = stated(raw.get("fileIdentifier"))
    if raw.get("type") == "file" and (picture := files.picture(name)):
        return picture_part(picture[1], content.blobs, picture[0])
    return content.left_out(name or str(raw.get("type")))

"""ChatGPT's ``conversations.json``: a list of conversations, each a tree in ``mapping``; pictures lie beside it by their ids.

By the outline that is publicly known of "Export data"; not tried with every year's archives.
"""

from __future__ import annotations

from typing import Any

from minicpm_tui.messages import Part, TextPart
from minicpm_tui.messages.message import Role
from minicpm_tui.sessions.imports.beside import Beside
from minicpm_tui.sessions.imports.content import Content
from minicpm_tui.sessions.imports.conversation import Conversation, Node, moment, name_of, stated, table, tables
from minicpm_tui.sessions.imports.pictures import picture_part

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant"}
_SILENT = {"model_editable_context", "user_editable_context", "reasoning_recap"}
"""What ChatGPT writes for itself; it does not show it in a conversation."""


def fits(raw: dict[str, Any]) -> bool:
    """True for an object with ChatGPT's tree in it."""
    return isinstance(raw.get("mapping"), dict)


def read(raw: dict[str, Any], files: Beside) -> Conversation:
    """The conversation in one such object; ``files`` lie beside the export."""
    found = Conversation(
        Content(),
        key=name_of(raw.get("conversation_id")) or name_of(raw.get("id")) or "",
        title=stated(raw.get("title")),
        created=moment(raw.get("create_time")),
        model=stated(raw.get("default_model_slug")) or None,
        current=name_of(raw.get("current_node")),
    )
    thoughts: dict[str | None, str] = {}
    for key, each in raw["mapping"].items():
        node, message = table(each), table(table(each).get("message"))
        content, about = table(message.get("content")), table(message.get("metadata"))
        parent, role = name_of(node.get("parent")), stated(table(message.get("author")).get("role"))
        kind = stated(content.get("content_type"))
        reasoning = thoughts.get(parent, "")
        if kind == "thoughts":
            reasoning = "\n\n".join(stated(thought.get("content")) for thought in tables(content.get("thoughts")))
        if kind == "thoughts" or (kind in _SILENT and reasoning):
            thoughts[key] = reasoning
        parts = () if kind in _SILENT or kind == "thoughts" else _parts(content, about, found.content, files)
        shown = role in _ROLES and bool(parts) and not about.get("is_visually_hidden_from_conversation")
        if role == "tool" and parts:
            found.content.left_out("tool")
        model, at = stated(about.get("model_slug")) or None, moment(message.get("create_time"))
        found.nodes.append(Node(key, parent, _ROLES[role] if shown else None, parts, reasoning, model, at))
    return found


def _parts(raw: dict[str, Any], about: dict[str, Any], content: Content, files: Beside) -> tuple[Part, ...]:
    if "parts" not in raw:
        text = stated(raw.get("text"))
        return (TextPart(text),) if text else ()
    names = {stated(each.get("id")): stated(each.get("name")) for each in tables(about.get("attachments"))}
    pieces = raw["parts"] if isinstance(raw["parts"], list) else []
    parts = [_part(each, names, content, files) for each in pieces if each != ""]
    shown = {stated(each.get("asset_pointer")).rsplit("/", 1)[-1] for each in tables(pieces)}
    return tuple(parts + [content.left_out(name or key) for key, name in names.items() if key not in shown])


def _part(raw: object, names: dict[str, str], content: Content, files: Beside) -> Part:
    if isinstance(raw, str):
        return TextPart(raw)
    pointer = stated(table(raw).get("asset_pointer")).rsplit("/", 1)[-1].partition("#")[0]
    if pointer and (picture := files.picture(pointer, beginning=True)):
        return picture_part(picture[1], content.blobs, names.get(pointer) or picture[0])
    return content.left_out(names.get(pointer) or pointer or stated(table(raw).get("content_type")) or type(raw).__name__)

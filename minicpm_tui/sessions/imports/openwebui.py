"""open-webui's exports: one chat or a list, each a tree of messages in ``chat.history``.

By what "Export Chats" is known to write; files on its server are named, their bytes are not in it.
"""

from __future__ import annotations

import html
import re
from typing import Any

from minicpm_tui.messages import Part
from minicpm_tui.messages.message import Role
from minicpm_tui.sessions.imports.content import Content
from minicpm_tui.sessions.imports.conversation import Conversation, Node, moment, name_of, stated, table, tables, with_text

_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}
_REASONING = re.compile(r'<details type="reasoning"[^>]*>\s*(?:<summary>.*?</summary>)?(.*?)</details>\s*', re.DOTALL)


def fits(raw: dict[str, Any]) -> bool:
    """True for an object with open-webui's history in it."""
    return isinstance(table(table(raw.get("chat")).get("history")).get("messages"), dict)


def read(raw: dict[str, Any]) -> Conversation:
    """The conversation in one such object."""
    chat, content = table(raw["chat"]), Content()
    history = table(chat["history"])
    models = chat.get("models")
    found = Conversation(
        content,
        key=name_of(raw.get("id")) or name_of(chat.get("id")) or "",
        title=stated(raw.get("title")) or stated(chat.get("title")),
        created=moment(raw.get("created_at")) or moment(chat.get("timestamp")),
        model=models[0] if isinstance(models, list) and models and isinstance(models[0], str) else None,
        system=stated(chat.get("system")) or stated(table(chat.get("params")).get("system")),
        current=name_of(history.get("currentId")),
    )
    for key, each in table(history["messages"]).items():
        message = table(each)
        role = message.get("role")
        parts, reasoning = content.parts(message.get("content"))
        text = "".join(getattr(part, "text", "") for part in parts)
        thoughts = _REASONING.findall(text) if role == "assistant" else []
        found.nodes.append(
            Node(
                key,
                name_of(message.get("parentId")),
                _ROLES.get(stated(role)),
                with_text(_REASONING.sub("", text) if thoughts else text, *_files(message, content)),
                reasoning or "\n\n".join(_thought(each) for each in thoughts),
                stated(message.get("model")) or None,
                moment(message.get("timestamp")),
            )
        )
    return found


def _thought(quoted: str) -> str:
    """Reasoning, which open-webui writes as a quotation in HTML."""
    return re.sub(r"(?m)^> ?", "", html.unescape(quoted)).strip()


def _files(message: dict[str, Any], content: Content) -> tuple[Part, ...]:
    found: list[Part] = []
    for each in tables(message.get("files")):
        url, name = stated(each.get("url")), stated(each.get("name")) or stated(each.get("type")) or "file"
        picture = each.get("type") == "image" and url.startswith(("data:", "http://", "https://"))
        found += content.attached([url]) if picture else (content.left_out(name),)
    return tuple(found)

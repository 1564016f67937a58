"""The messages of a chat request (OpenAI, Anthropic, Ollama, Qwen) as messages of a session."""

from __future__ import annotations

import contextlib
import json
import secrets
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.decoding import too_deep
from minicpm_tui.errors import SessionDamaged
from minicpm_tui.i18n import _
from minicpm_tui.messages import End, Frame, MediaPart, Message, TextPart, VideoPart, media_of, text_of
from minicpm_tui.messages.message import Role
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.imports.content import Content

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "assistant": "assistant"}


def looks_like_chat(data: bytes) -> bool:
    """True for a JSON array, or an object with ``messages``; false for a journal's lines."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"["):
        return True
    first_line = start.split(b"\n", 1)[0]
    return start.startswith(b"{") and b'"kind"' not in first_line and b'"minicpm-tui-session"' not in first_line


def convert(raw: object, path: Path) -> tuple[list[Message], Content, dict[str, Any]]:
    """Messages in order, what was in them, and the settings that go with them. Raises SessionDamaged."""
    settings: dict[str, Any] = {}
    about: dict[int, _About] = {}
    if isinstance(raw, dict):
        about = _about(raw.get("session"))
        model = raw.get("model")
        settings = {"model": model} if isinstance(model, str) else {}
        if system := _system(raw):
            settings["system"] = system
        raw = raw["messages"] if "messages" in raw else _response(raw)
    if (
        not isinstance(raw, list)
        or not all(isinstance(each, dict) for each in raw)
        or (raw and not any("role" in each for each in raw))
    ):
        raise SessionDamaged(str(path), title=_("This file cannot be imported"), hint=_("it should contain a list of messages"))
    messages: list[Message] = []
    content = Content()
    for number, each in enumerate(raw):
        if "role" not in each:
            content.left_out(str(each.get("type")))
            continue
        message = _message(each, messages[-1].id if messages else None, settings.get("model"), content)
        if (known := about.get(number)) is not None:
            message = _with(message, known)
        if message.role == "system" and "system" not in settings and not messages:
            settings["system"] = message.text
        else:
            messages.append(message)
    return messages, content, settings


def _system(raw: dict[str, Any]) -> str:
    """The system prompt that stands beside the messages: Anthropic's ``system``, ``instructions`` of OpenAI's Responses."""
    parts, _thought = Content().parts(raw.get("system") or raw.get("instructions"))
    return text_of(parts)


def _response(raw: dict[str, Any]) -> object:
    """``input`` and ``output`` of OpenAI's Responses as one list."""
    asked, answered = raw.get("input"), raw.get("output")
    if isinstance(asked, str):
        asked = [{"role": "user", "content": asked}]
    if not isinstance(asked, list) and not isinstance(answered, list):
        return None
    return [each for some in (asked, answered) if isinstance(some, list) for each in some]


def named(raw: object) -> tuple[str, str]:
    """The id of the session that an export of ours is of, and when that began (ISO 8601); empty where it says neither."""
    session = raw.get("session") if isinstance(raw, dict) else None
    if isinstance(session, dict):
        session_id, created = session.get("id"), session.get("created")
        if isinstance(session_id, str) and isinstance(created, str) and ids.is_id(session_id):
            return session_id, created
    return "", ""


def parsed(data: bytes, path: Path) -> Any:
    """The JSON in ``data``, with U+FFFD for what is no text. Raises SessionDamaged."""
    try:
        text = data.decode("utf-8-sig", "replace")
        return json.loads(json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace"))
    except RecursionError:
        raise SessionDamaged(f"{path}: {too_deep()}", title=_("This file cannot be imported")) from None
    except ValueError as error:
        raise SessionDamaged(f"{path}: {error}", title=_("This file cannot be imported")) from error


class _Attachment(msgspec.Struct, frozen=True):
    name: str
    times: tuple[float, ...] | None = None


class _About(msgspec.Struct, frozen=True):
    """What an export of ours says of ``messages[message]``; ``end`` and ``reasoning`` of a reply."""

    message: int
    end: End | None = None
    reasoning: str | None = None
    attachments: tuple[_Attachment, ...] = ()


def _with(message: Message, known: _About) -> Message:
    """``message`` with what is said of it, as far as that fits."""
    if message.role == "assistant":
        return message.with_reply(message.text, known.reasoning or message.reasoning, known.end)
    if len(media_of(message.content)) != len(known.attachments):
        return message
    names = iter(known.attachments)
    parts = tuple(part if isinstance(part, TextPart) else _called(part, next(names)) for part in message.content)
    return msgspec.structs.replace(message, content=parts)


def _called(part: MediaPart, known: _Attachment) -> MediaPart:
    if isinstance(part, VideoPart) and known.times is not None and len(known.times) == len(part.frames):
        frames = tuple(Frame(frame.sha256, time) for frame, time in zip(part.frames, known.times, strict=True))
        part = msgspec.structs.replace(part, frames=frames)
    return msgspec.structs.replace(part, name=known.name)


def _about(session: object) -> dict[int, _About]:
    """By message; what cannot be read is left out."""
    found: dict[int, _About] = {}
    stated = session.get("about") if isinstance(session, dict) else None
    for each in stated if isinstance(stated, list) else []:
        with contextlib.suppress(msgspec.ValidationError):
            known = msgspec.convert(each, _About)
            found[known.message] = known
    return found


def _message(raw: dict[str, Any], parent: str | None, model: str | None, content: Content) -> Message:
    role: Role = _ROLES.get(str(raw["role"]), "user")
    parts, thought = content.parts(raw.get("content"))
    parts += content.attached(raw.get("images"))
    if raw.get("tool_calls"):
        content.left_out("tool_calls")
    message = Message(secrets.token_hex(8), parent, role, parts, ids.now())
    if role != "assistant":
        return message
    for part in media_of(parts):
        content.left_out(part.name)
    stated = next((raw[key] for key in ("reasoning", "reasoning_content", "thinking") if isinstance(raw.get(key), str)), "")
    return msgspec.structs.replace(message.with_reply(message.text, stated or thought, End()), model=model)

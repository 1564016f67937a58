"""The ``messages`` of an OpenAI chat request as messages of a session."""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.i18n import _
from minicpm_tui.messages import Blob, End, Frame, ImagePart, MediaPart, Message, Part, Source, TextPart, VideoPart, media_of
from minicpm_tui.messages.message import Role
from minicpm_tui.sessions import ids

_ROLES: dict[str, Role] = {"system": "system", "developer": "system", "assistant": "assistant"}
_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png", b"GIF8": "image/gif", b"BM": "image/bmp"}


def looks_like_chat(data: bytes) -> bool:
    """True for a JSON array, or an object with ``messages``; false for a journal's lines."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"["):
        return True
    first_line = start.split(b"\n", 1)[0]
    return start.startswith(b"{") and b'"kind"' not in first_line and b'"minicpm-tui-session"' not in first_line


def convert(data: bytes, path: Path) -> tuple[list[Message], dict[str, Blob], dict[str, Any]]:
    """Messages in order, the bytes of their media, and the settings that go with them. Raises SessionDamaged."""
    raw = _parsed(data, path)
    settings: dict[str, Any] = {}
    about: dict[int, _About] = {}
    if isinstance(raw, dict):
        about = _about(raw.get("session"))
        model = raw.get("model")
        settings = {"model": model} if isinstance(model, str) else {}
        raw = raw.get("messages")
    if not isinstance(raw, list) or not all(isinstance(each, dict) and "role" in each for each in raw):
        raise SessionDamaged(str(path), title=_("This file cannot be imported"), hint=_("it should contain a list of messages"))
    messages: list[Message] = []
    blobs: dict[str, Blob] = {}
    for number, each in enumerate(raw):
        message = _message(each, messages[-1].id if messages else None, settings.get("model"), blobs)
        if (known := about.get(number)) is not None:
            message = _with(message, known)
        if message.role == "system" and "system" not in settings and not messages:
            settings["system"] = message.text
        else:
            messages.append(message)
    return messages, blobs, settings


def named(data: bytes) -> tuple[str, str]:
    """The id of the session that an export of ours is of, and when that began (ISO 8601); empty where it says neither."""
    with contextlib.suppress(ValueError, RecursionError):
        raw = json.loads(data)
        session = raw.get("session") if isinstance(raw, dict) else None
        if isinstance(session, dict):
            session_id, created = session.get("id"), session.get("created")
            if isinstance(session_id, str) and isinstance(created, str) and ids.is_id(session_id):
                return session_id, created
    return "", ""


def _parsed(data: bytes, path: Path) -> Any:
    try:
        text = data.decode("utf-8-sig", "replace")
        return json.loads(json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
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


def _message(raw: dict[str, Any], parent: str | None, model: str | None, blobs: dict[str, Blob]) -> Message:
    role: Role = _ROLES.get(str(raw["role"]), "user")
    content = raw.get("content")
    parts = tuple(_part(each, blobs) for each in (content if isinstance(content, list) else [content]))
    message = Message(secrets.token_hex(8), parent, role, parts, ids.now())
    if role != "assistant":
        return message
    reasoning = raw.get("reasoning") or raw.get("reasoning_content")
    thought = reasoning if isinstance(reasoning, str) else ""
    return msgspec.structs.replace(message.with_reply(message.text, thought, End()), model=model)


def _part(raw: object, blobs: dict[str, Blob]) -> Part:
    if isinstance(raw, str):
        return TextPart(raw)
    if not isinstance(raw, dict):
        return TextPart("")
    kind = raw.get("type")
    if kind == "text":
        return TextPart(str(raw.get("text", "")))
    url = raw.get(str(kind))
    url = url.get("url") if isinstance(url, dict) else url
    if kind in {"image_url", "video_url"} and isinstance(url, str):
        return _media(url, blobs, video=kind == "video_url")
    return TextPart(f"[{kind}]")


def _media(url: str, blobs: dict[str, Blob], *, video: bool) -> Part:
    if url.startswith(("http://", "https://")):
        name = url.split("?", maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1] or url
        return VideoPart(name, source=Source(url=url)) if video else ImagePart(name, source=Source(url=url))
    try:
        found = list(_data_of(url))
    except (ValueError, binascii.Error):
        return TextPart(f"[{url[:80]}]")
    for blob in found:
        blobs[blob.sha256] = blob
    if not video:
        width, height = _pixels(found[0].data)
        return ImagePart(_("picture"), found[0].sha256, width, height, media_type=found[0].media_type)
    width, height = _pixels(found[0].data)
    if found[0].media_type == "image/jpeg":
        frames = tuple(Frame(blob.sha256, float(index)) for index, blob in enumerate(found))
        return VideoPart(_("video"), frames, width=width, height=height)
    return VideoPart(_("video"), file=found[0].sha256, media_type=found[0].media_type)


def _data_of(url: str) -> Iterator[Blob]:
    """The bytes of a ``data:`` URL; of frames, one after another. Raises ValueError."""
    head, comma, body = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise ValueError(head)
    stated = head[5:-7]
    for piece in body.split(","):
        data = base64.b64decode(piece, validate=True)
        if not data:
            raise ValueError(head)
        yield Blob(data, _sniffed(data) or (stated if stated.startswith("video/") else "application/octet-stream"))


def _sniffed(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)


def _pixels(data: bytes) -> tuple[int | None, int | None]:
    """Width and height from the header; the picture is not decoded."""
    import warnings

    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None, None

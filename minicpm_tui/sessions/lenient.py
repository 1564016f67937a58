"""Events that are not quite as this version writes them: what fits is taken, field by field. Pure.

Another program, a newer version or a text editor may have written them. What cannot be understood of a line stays in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from minicpm_tui.errors import ErrorInfo
from minicpm_tui.messages import Frame, ImagePart, Part, TextPart, VideoPart
from minicpm_tui.sessions.events import (
    AnyEvent,
    DeltaEvent,
    EndEvent,
    Header,
    MessageEvent,
    OpenEvent,
    SelectEvent,
    SettingsEvent,
    TitleEvent,
    UnknownEvent,
)

_S = TypeVar("_S", bound=msgspec.Struct)
_EVENTS: dict[str, type[AnyEvent]] = {
    "open": OpenEvent,
    "message": MessageEvent,
    "delta": DeltaEvent,
    "end": EndEvent,
    "select": SelectEvent,
    "title": TitleEvent,
}
_PARTS: dict[str, type[Part]] = {"text": TextPart, "image": ImagePart, "video": VideoPart}
_STAND_INS: dict[str, Any] = {
    "t": 0.0,
    "parent": "",  # unknown: it follows the message before it
    "role": "user",
    "content": (),
    "at": "",
    "pieces": (),
    "finish_reason": None,
    "usage": None,
    "time": 0.0,
}
"""For fields without a default that are missing or do not fit."""


def event_of(raw: Mapping[str, Any], kind: str) -> AnyEvent:
    """The event that ``raw`` says, an unknown one when too little of it can be understood."""
    t = _as(raw.get("t"), float, 0.0)
    if kind == "settings":
        return SettingsEvent(t=t, values={key: value for key, value in raw.items() if key not in {"t", "kind"}})
    known = _fitting(raw, _EVENTS[kind]) if kind in _EVENTS else None
    return known or UnknownEvent(t=t, kind=kind)


def header_of(raw: Mapping[str, Any]) -> Header:
    """The header, whatever is in it."""
    return Header(
        version=_as(raw.get("version"), int, 1), id=_as(raw.get("id"), str, ""), created=_as(raw.get("created"), str, "")
    )


def _fitting(raw: Mapping[str, Any], into: type[_S]) -> _S | None:
    """``into`` with the fields of ``raw`` that fit; None when one is missing for which nothing can stand."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(into):
        given = raw.get(field.encode_name, msgspec.UNSET)
        reader = _READERS.get(field.encode_name)
        try:
            values[field.name] = msgspec.convert(reader(given) if reader else given, field.type)
        except msgspec.ValidationError:
            if field.required and field.encode_name not in _STAND_INS:
                return None
            if field.required:
                values[field.name] = _STAND_INS[field.encode_name]
    return into(**values)


def _as(given: object, into: type[Any], otherwise: Any) -> Any:
    try:
        return msgspec.convert(given, into)
    except msgspec.ValidationError:
        return otherwise


def _content(given: object) -> object:
    """Parts; a bare text is one, and a part that this version does not know becomes a line of text."""
    if isinstance(given, str):
        return (TextPart(given),)
    return tuple(_part(each) for each in given) if isinstance(given, list) else given


def _part(raw: object) -> Part:
    if isinstance(raw, str):
        return TextPart(raw)
    kind = raw.get("type") if isinstance(raw, dict) else None
    known = _fitting(raw, _PARTS[kind]) if isinstance(raw, dict) and isinstance(kind, str) and kind in _PARTS else None
    return known or TextPart(f"[{kind if isinstance(kind, str) else 'unknown'}]")


def _frames(given: object) -> object:
    """Frames; what is none is left out."""
    if not isinstance(given, list):
        return given
    found = (_fitting(each, Frame) for each in given if isinstance(each, dict))
    return tuple(frame for frame in found if frame)


def _pieces(given: object) -> object:
    """Pieces of which more than the three known items may be said."""
    if not isinstance(given, list):
        return given
    return tuple(
        (_as(piece[0], float, 0.0), piece[1], piece[2])
        for piece in given
        if isinstance(piece, list) and len(piece) > 2 and isinstance(piece[1], str) and isinstance(piece[2], str)
    )


def _error(given: object) -> object:
    return ErrorInfo("error", given) if isinstance(given, str) else given


_READERS: dict[str, Callable[[object], object]] = {
    "content": _content,
    "frames": _frames,
    "pieces": _pieces,
    "error": _error,
}

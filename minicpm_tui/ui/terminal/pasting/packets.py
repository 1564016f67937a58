"""Packets of OSC 5522 (clipboard) and OSC 72 (drops), taken out of what is typed: they come the same way."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from functools import cached_property

import msgspec

from minicpm_tui.errors import TransferError
from minicpm_tui.i18n import _
from minicpm_tui.ui.terminal.pasting.ways import DROP

CLIPBOARD = "5522"
BEGIN = f"\x1b]{CLIPBOARD};"
_BEGINS = (BEGIN, f"\x1b]{DROP};")
_KEY = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[A-Za-z])")
"""A key or a movement of the mouse. One that comes in the middle of a packet is typed, and the packet goes on."""
_ENDED = r"(?:(?P<{}>\x1b\\|\x07)|(?=[{}])|(?=\x1b[^\\\[O]))"
_CONTROL = r"\x00-\x1a\x1c-\x1f\x7f-\x9f"
_CLIPBOARD_PACKET = rf"(?P<clipboard>(?:[\x20-\x7e]|{_KEY.pattern})*)" + _ENDED.format("end", r"^\x20-\x7e\x1b")
_DROP_PACKET = rf"(?P<drop>(?:[^\x1b{_CONTROL}]|{_KEY.pattern})*)" + _ENDED.format("stop", _CONTROL)
"""Here a message of an error may be in any language."""
_PACKET = re.compile(rf"\x1b\](?:{CLIPBOARD};{_CLIPBOARD_PACKET}|{DROP};{_DROP_PACKET})")
"""One that something else breaks into ends there, in no terminator, and is none."""
LONGEST = 1 << 16
"""Characters; a terminal sends at most 4096 bytes of data in one. What a longer one holds is dropped up to its end."""
DEAD_SECONDS = 10.0
"""After so long the rest of a packet no longer comes."""
GAP_SECONDS = 1.0
_MOST_TYPED = 200
_GROUP = 4
"""Characters of base64 that belong together."""


class Packet(msgspec.Struct, frozen=True, dict=True):
    """``keys`` are what stands before the semicolon, ``text`` what stands behind it; ``code`` is ``CLIPBOARD`` or ``DROP``."""

    keys: Mapping[str, str]
    text: str = ""
    code: str = CLIPBOARD

    @cached_property
    def payload(self) -> bytes | None:
        """The bytes that ``text`` is base64 of; None where it is none."""
        return decoded(self.text)

    @property
    def status(self) -> str:
        """``OK``, ``DATA``, ``DONE``, or the name of an error."""
        return self.keys.get("status", "")

    @property
    def mime(self) -> str:
        """The type that it is about; empty without one."""
        return (decoded(self.keys.get("mime", "")) or b"").decode("ascii", "replace")


class Packets:
    """Reads what comes from the terminal: whole packets, and all else in its order."""

    def __init__(self) -> None:
        self._held = ""
        self._heard = 0.0
        self._typed_from = 0

    def feed(self, text: str, now: float) -> list[str | Packet]:
        """What ``text``, which came at ``now`` seconds, is made of; the beginning of a packet is held back for the next call."""
        if not self._held and "\x1b" not in text:
            return [text]
        if self._held and not self._typed_from and now - self._heard > GAP_SECONDS:
            self._typed_from = len(self._held)
        self._heard = now
        text, self._held = self._held + text, ""
        pieces: list[str | Packet] = []
        end = 0
        for found in _PACKET.finditer(text):
            is_drop = found["drop"] is not None
            inside = found["drop" if is_drop else "clipboard"]
            pieces.append(text[end : found.start()] + "".join(_KEY.findall(inside)))
            if found["stop" if is_drop else "end"]:
                pieces.append(parsed(_KEY.sub("", inside), DROP if is_drop else CLIPBOARD))
            end = found.end()
            self._typed_from = 0
        return [*pieces, self._hold(text[end:])]

    def _hold(self, rest: str) -> str:
        """``rest`` without the packet that it ends with the beginning of."""
        start = min((place for each in _BEGINS if (place := rest.find(each)) >= 0), default=-1)
        if start < 0:
            start = next((len(rest) - size for size in range(min(len(rest), len(BEGIN) - 1), 0, -1) if _begun(rest[-size:])), -1)
        if start < 0:
            self._typed_from = 0
            return rest
        held = rest[start:]
        self._held = _KEY.sub("", held) if len(held) <= LONGEST else held[: held.index(";") + 1]
        return rest[:start] + "".join(_KEY.findall(held))

    @property
    def holding(self) -> bool:
        """The beginning of a packet is held back."""
        return bool(self._held)

    def release(self, now: float) -> str:
        """Nothing came for a moment: what may be a key is one. A packet that was cut stays held, unless it is dead.

        What came long after its beginning, just before it was given up, was typed.
        """
        if self._held.startswith(_BEGINS) and now - self._heard < DEAD_SECONDS:
            return ""
        held, self._held = self._held, ""
        if not held.startswith(_BEGINS):
            return held
        typed = held[self._typed_from :] if self._typed_from else ""
        self._typed_from = 0
        return typed if len(typed) <= _MOST_TYPED else ""


def _begun(text: str) -> bool:
    return any(each.startswith(text) for each in _BEGINS)


def parsed(text: str, code: str = CLIPBOARD) -> Packet:
    """What stands in one between its number, ``code``, and its end."""
    head, _semicolon, payload = text.partition(";")
    pairs = (pair.partition("=") for pair in head.split(":"))
    return Packet({key: value for key, equals, value in pairs if equals}, payload, code)


def packet(payload: str | bytes = "", /, **keys: str) -> str:
    """One to send; a ``payload`` that is text goes as UTF-8."""
    head = ":".join(f"{key}={value}" for key, value in keys.items())
    return f"{BEGIN}{head}{f';{encoded(payload)}' if payload else ''}\x1b\\"


def drop_packet(text: str = "", /, **keys: str | int) -> str:
    """One about a drop; ``text`` goes as it is."""
    head = ":".join(f"{key}={value}" for key, value in keys.items())
    return f"\x1b]{DROP};{head}{f';{text}' if text else ''}\x1b\\"


def encoded(payload: str | bytes) -> str:
    """Base64, as texts and data are written in packets."""
    return base64.b64encode(payload.encode() if isinstance(payload, str) else payload).decode()


class Base64Pieces:
    """What comes as base64 that is cut anywhere; ``data`` is what is known of it so far."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._rest = ""

    def add(self, text: str) -> int:
        """How many bytes ``text`` has brought. Raises TransferError for what is no base64."""
        padded = text.endswith("=")
        text = self._rest + text.rstrip("=")
        end = len(text) if padded else len(text) - len(text) % _GROUP
        return self._decode(text[:end], text[end:])

    def finish(self) -> int:
        """It is over: how many bytes were left. Raises TransferError for what is no base64."""
        return self._decode(self._rest, "")

    def _decode(self, text: str, rest: str) -> int:
        if (data := decoded(text)) is None:
            raise TransferError(_("the terminal sends what is no base64"))
        self._rest = rest
        self.data += data
        return len(data)


def decoded(text: str) -> bytes | None:
    """The bytes of base64, padded or not; None for what is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None

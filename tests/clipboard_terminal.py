"""What a terminal with OSC 5522 does, by kitty's documentation of its clipboard protocol; it may also lie, deny or stop."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

_REQUEST = re.compile(r"\x1b\]5522;([^;\x1b\x07]*)(?:;([A-Za-z0-9+/=]*))?(?:\x1b\\|\x07)")
_CHUNK = 4096
BEGIN = "\x1b]5522;"


@dataclass
class ClipboardTerminal:
    """``clipboard`` holds bytes by type. ``answer`` gives what the terminal sends for what it was sent; ``paste`` for its key.

    ``listing``: both forms that terminals use. ``location`` is ``primary`` for what was selected, pasted with the middle button.
    ``error`` is answered in place of data. ``requests`` are the types that were asked for with the password of a paste;
    ``questions`` are requests without one, which the terminal's user is asked about. ``copied`` is what was put on its clipboard.
    """

    clipboard: Mapping[str, bytes]
    listing: Literal["one packet", "a packet each"] = "one packet"
    password_on: Literal["all", "first"] = "all"
    password_key: str = "pw"
    location: str = ""
    error: str = ""
    events: bool = True
    end: str = "\x1b\\"
    mode: bool = False
    requests: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    copied: dict[str, bytes] = field(default_factory=dict)
    _cut: str = ""
    _passwords: list[str] = field(default_factory=list)

    def paste(self, typed: str = "") -> str:
        """What the user's paste key makes the terminal send."""
        if not self.mode:
            return f"\x1b[200~{typed or self.clipboard.get('text/plain', b'').decode()}\x1b[201~"
        password = _b64(f"secret {len(self._passwords)}")
        self._passwords.append(password)
        proof = {self.password_key: password, **({"loc": self.location} if self.location else {})}
        rest = proof if self.password_on == "all" else {}
        listed = self._listed(rest)
        return self._packet({"status": "OK", **proof}) + listed + self._packet({"status": "DONE", **rest})

    def answer(self, written: str) -> str:
        """What it sends for what the program has ``written``, which may be cut anywhere."""
        out, end = "", 0
        written = self._cut + written
        for found in re.finditer(rf"\x1b\[\?5522(\$p|h|l)|{_REQUEST.pattern}", written):
            end = found.end()
            if found[1] == "$p":
                out += f"\x1b[?5522;{2 if self.events else 0}$y"
            elif found[1]:
                self.mode = found[1] == "h" and self.events
            else:
                keys = dict(pair.split("=", 1) for pair in found[2].split(":"))
                payload = base64.b64decode(found[3] or "")
                out += self._read(keys, payload.decode()) if keys["type"] == "read" else self._write(keys, payload)
        begun = max(written.rfind(BEGIN, end), written.rfind("\x1b", max(end, len(written) - len(BEGIN))))
        self._cut = written[begun:] if begun >= 0 else ""
        return out

    def _read(self, keys: Mapping[str, str], kind: str) -> str:
        number = {"id": keys["id"]} if "id" in keys else {}
        named = base64.b64decode(keys.get("name", "")) == b"Paste event" and keys.get("loc", "") == self.location
        known = named and keys.get(self.password_key) in self._passwords
        (self.requests if known else self.questions).append(kind)
        if self.error:
            return self._packet({"status": self.error, **number})
        begin, done = self._packet({"status": "OK", **number}), self._packet({"status": "DONE", **number})
        return begin + (self._listed(number) if kind == "." else self._data(kind, number)) + done

    def _write(self, keys: Mapping[str, str], payload: bytes) -> str:
        if keys["type"] == "write":
            self.copied = {}
        elif "mime" in keys:
            kind = base64.b64decode(keys["mime"]).decode()
            self.copied[kind] = self.copied.get(kind, b"") + payload
        else:
            return f"\x1b]5522;type=write:status={self.error or 'DONE'}:id={keys['id']}{self.end}"
        return ""

    def _data(self, kind: str, number: Mapping[str, str]) -> str:
        data = self.clipboard.get(kind, b"")
        pieces = [data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK)]
        return "".join(self._packet({"status": "DATA", "mime": _b64(kind), **number}, piece) for piece in pieces)

    def _listed(self, keys: Mapping[str, str]) -> str:
        if self.listing == "one packet":
            types = " ".join(self.clipboard) + "\n"
            return self._packet({"status": "DATA", "mime": _b64("."), **keys}, types.encode())
        return "".join(self._packet({"status": "DATA", "mime": _b64(kind), **keys}) for kind in self.clipboard)

    def _packet(self, keys: Mapping[str, str], payload: bytes = b"") -> str:
        head = ":".join(f"{key}={value}" for key, value in {"type": "read", **keys}.items())
        return f"\x1b]5522;{head}" + (f";{base64.b64encode(payload).decode()}" if payload else "") + self.end


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

"""What a terminal with OSC 72 does, by kitty's documentation of its drag and drop protocol; it may also lie, refuse or stop."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_REQUEST = re.compile(r"\x1b\]72;([^;\x1b\x07]*)(?:;([^\x1b\x07]*))?(?:\x1b\\|\x07)")
_CHUNK = 4096

Tree = Mapping[str, "bytes | Link | Tree"]
"""What is in a folder."""


@dataclass(frozen=True)
class Link:
    """A symbolic link to ``target``."""

    target: str


@dataclass
class DropTerminal:
    """``files`` are dropped (of another machine if ``remote``), or ``data``, bytes by type. ``answer`` speaks, ``drop`` lets go.

    ``keys_on``: both forms of what stands on the pieces of an answer. ``error`` is answered for entry ``fails``.
    """

    files: Tree = field(default_factory=dict)
    data: Mapping[str, bytes] = field(default_factory=dict)
    remote: bool = True
    keys_on: str = "all"
    chunk: int = _CHUNK
    end: str = "\x1b\\"
    error: str = ""
    on: bool = False
    machine: str = ""
    wanted: str = ""
    asked: list[str] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    _folders: list[Tree] = field(default_factory=list)
    _cut: str = ""

    @property
    def types(self) -> dict[str, bytes]:
        """What is offered."""
        listed = "# dropped\r\n" + "".join(f"file:///Users/me/{name}\r\n" for name in self.files)
        return {**self.data, **({"text/uri-list": listed.encode()} if self.files else {})}

    def hover(self, x: int = 3, *, listed: bool = True) -> str:
        """Something is dragged over it; at -1 it leaves."""
        return self._packet(f"t=m:x={x}:y={x}:X=30:Y=40:o=3", " ".join(self.types) if listed and x >= 0 else "")

    def drop(self) -> str:
        """It is let go."""
        return self._packet("t=M:x=3:y=3:X=30:Y=40:o=1", " ".join(self.types))

    def answer(self, written: str) -> str:
        """What it sends for what the program has ``written``, which may be cut anywhere."""
        written, out, end = self._cut + written, "", 0
        for found in _REQUEST.finditer(written):
            end = found.end()
            out += self._hear(dict(pair.split("=", 1) for pair in found[1].split(":")), found[2] or "")
        begun = max(written.rfind("\x1b]72;", end), written.rfind("\x1b", max(end, len(written) - 5)))
        self._cut = written[begun:] if begun >= 0 else ""
        return out

    def _hear(self, keys: Mapping[str, str], text: str) -> str:
        match keys["t"]:
            case "q":
                return self._packet("t=q")
            case "a" if keys.get("x") == "1":
                self.machine = text
            case "a" | "A":
                self.on = keys["t"] == "a"
            case "m":
                self.wanted = f"{keys['o']};{text}"
            case "r" if "o" in keys:
                self.finished.append(keys["o"])
            case "r" if "x" in keys:
                return "".join(self._data(keys))
            case "r":
                self.closed.append(int(keys["Y"]))
        return ""

    def _data(self, keys: Mapping[str, str]) -> Iterator[str]:
        name = ":".join(f"{key}={keys[key]}" for key in ("x", "y", "Y") if key in keys)
        self.asked.append(name)
        place = int(keys["y" if "y" in keys else "x"]) - 1
        if "Y" in keys:
            yield from self._entry(name, list(self._folders[int(keys["Y"]) - 2].values())[place])
        elif "y" in keys:
            yield from self._entry(name, list(self.files.values())[place])
        else:
            kind = list(self.types)[place]
            yield from self._pieces(name + (":X=1" if self.remote and kind == "text/uri-list" else ""), self.types[kind])

    def _entry(self, name: str, entry: bytes | Link | Tree) -> Iterator[str]:
        if self.error:
            yield self._packet(f"t=R:{name}", f"{self.error}:nö such file")
        elif isinstance(entry, bytes):
            yield from self._pieces(f"{name}:X=0", entry)
        elif isinstance(entry, Link):
            yield from self._pieces(f"{name}:X=1", entry.target.encode())
        else:
            self._folders.append(entry)
            yield from self._pieces(f"{name}:X={len(self._folders) + 1}", "\0".join(entry).encode())

    def _pieces(self, keys: str, data: bytes) -> Iterator[str]:
        text = base64.b64encode(data).decode()
        for start in range(0, len(text), self.chunk):
            named = self.keys_on == "all" or not start
            yield self._packet(f"t=r:{keys}:m=1" if named else "m=1", text[start : start + self.chunk])
        yield self._packet(f"t=r:{keys}:m=0" if self.keys_on == "all" or not text else "m=0")

    def _packet(self, keys: str, text: str = "") -> str:
        return f"\x1b]72;{keys}{f';{text}' if text else ''}{self.end}"

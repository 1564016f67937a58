"""What a journal says of the machine it was written on: where files lay, and which server answered. Pure."""

from __future__ import annotations

import json
import ntpath
import posixpath
import re
from typing import Any

_PATHS = frozenset({"path", "model"})
_SERVERS = frozenset({"server", "url"})
"""Keys of settings and messages; the ``url`` of a source is the user's own text and stays."""

_PLACE = re.compile(r"(?:https?|unix)://?[^\s,;]+|(?<![\w.])(?:~|/)[\w.@+-]+(?:/[\w.@+-]+)+")


def without_private(data: bytes) -> bytes:
    """The lines of a journal with the bare names of files and models, and without addresses of servers.

    Errors name them too: there they become dots. Lines that cannot be read may name anything and are left out.
    """
    return b"".join(line + b"\n" for line in map(_without, data.split(b"\n")) if line)


def _without(line: bytes) -> bytes:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return b""
    if not isinstance(raw, dict):
        return b""
    try:
        return json.dumps(cleaned(raw), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    except RecursionError:
        return b""


def cleaned(value: Any, key: str = "") -> Any:
    """Plain data of a journal, the value of ``key``, without private facts."""
    if isinstance(value, dict):
        kept = ((name, each) for name, each in value.items() if name not in _SERVERS or key == "source")
        return {name: _hidden(each) if name == "error" else cleaned(each, name) for name, each in kept}
    if isinstance(value, list):
        return [cleaned(each, key) for each in value]
    return bare(value) if key in _PATHS and isinstance(value, str) else value


def bare(path: str) -> str:
    """The name of a file or model whose whole path is private: ``/home/me/cat.jpg`` is ``cat.jpg``, ``openbmb/x`` stays."""
    if posixpath.isabs(path) or path.startswith("~"):
        return posixpath.basename(path.rstrip("/"))
    return ntpath.basename(path.rstrip("\\")) if ntpath.splitdrive(path)[0] else path


def _hidden(error: Any) -> Any:
    """An error whose texts name neither addresses nor absolute paths."""
    if not isinstance(error, dict):
        return error
    return {name: without_places(each) if isinstance(each, str) else each for name, each in error.items()}


def without_places(text: str) -> str:
    """``text`` with dots for addresses and absolute paths."""
    return _PLACE.sub("…", text)

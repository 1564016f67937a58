"""Servers that answer on this machine, and small questions to them. Straight to the address: loopback never uses a proxy."""

from __future__ import annotations

import contextlib
import http.client
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from minicpm_tui.address import authorization, socket_path
from minicpm_tui.decoding import DecodingError, lenient_json
from minicpm_tui.families.recognise import strangeness
from minicpm_tui.servers import registry
from minicpm_tui.servers.local import LocalServer

USUAL_PORTS = (8000, 8001, 8002, 8080, 8100, 8888, 5000, 1234, 11434, 30000)  # vLLM, llama.cpp, LM Studio, ollama, SGLang
_SECONDS = 1.0
_ANSWER_LIMIT = 8 << 20


@dataclass(frozen=True)
class Answering:
    """An OpenAI-compatible server. ``ours``: this program started it.

    ``model`` is its MiniCPM, else its first one; None where it wants a key.
    """

    url: str
    model: str | None
    version: str | None = None
    ours: bool = False
    locked: bool = False

    def to_dict(self) -> dict[str, object]:
        """One entry of ``servers`` in ``doctor --json``."""
        return {"url": self.url, "model": self.model, "ours": self.ours, "version": self.version, "locked": self.locked}


def get(url: str, path: str, key: str = "", seconds: float = _SECONDS) -> tuple[int, bytes] | None:
    """``GET`` of a path below the root; status and body, None when nothing answers in time."""
    try:  # certificates that the environment names are read with the connection
        connection = _connection(url, seconds)
    except OSError:
        return None
    try:
        connection.request("GET", path, headers={"Authorization": authorization(key)} if key else {})
        answer = connection.getresponse()
        return answer.status, answer.read(_ANSWER_LIMIT)
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


class _SocketConnection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(url: str, seconds: float) -> http.client.HTTPConnection:
    if path := socket_path(url):
        return _SocketConnection(path, seconds)
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "127.0.0.1", parts.port, timeout=seconds)


def ask(url: str, key: str = "", *, ours: bool = False) -> Answering | None:
    """What answers at ``url``; None when that is nothing, or no OpenAI-compatible server."""
    answer = get(url, "/v1/models", key)
    if answer is None:
        return None
    status, body = answer
    version = _field(get(url, "/version"), "version")
    if status in (401, 403):
        return Answering(url, None, version, ours, locked=True)
    models = _decode(body).get("data") if status == 200 else None
    if not isinstance(models, list):
        return None
    names = [str(model["id"]) for model in models if isinstance(model, dict) and model.get("id")]
    return Answering(url, min(names, key=strangeness, default=None), version, ours)


def answering(ports: Iterable[int] = USUAL_PORTS, urls: Iterable[tuple[str, str]] = ()) -> list[Answering]:
    """Servers on the usual ports and at the configured ``(url, key)``; those started by us first. Takes about a second."""
    ours = {server.url: server for server in registry.servers() if server.state == "ready"}
    wanted: dict[str, str] = {url: server.key for url, server in ours.items()}
    for url, key in [*urls, *((f"http://127.0.0.1:{port}", "") for port in ports)]:
        wanted.setdefault(url.replace("//localhost", "//127.0.0.1"), key)
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = list(pool.map(lambda item: ask(item[0], item[1], ours=item[0] in ours), wanted.items()))
    return sorted((server for server in found if server), key=lambda server: not server.ours)


def tunnel(server: LocalServer, local_port: int | None = None) -> str:
    """The ``ssh -L`` line that reaches the server from a laptop."""
    import getpass

    parts = urlsplit(server.url)
    user = "USER"
    with contextlib.suppress(OSError, KeyError):
        user = getpass.getuser()
    return f"ssh -N -L {local_port or parts.port}:{parts.hostname}:{parts.port} {user}@{socket.gethostname()}"


def _decode(body: bytes) -> dict[str, Any]:
    try:
        value = lenient_json(body)
    except DecodingError:
        return {}
    return value if isinstance(value, dict) else {}


def _field(answer: tuple[int, bytes] | None, name: str) -> str | None:
    if answer is None or answer[0] != 200:
        return None
    value = _decode(answer[1]).get(name)
    return str(value) if value else None

"""Servers that answer on this machine, and small questions to them. Straight to the address: loopback never uses a proxy."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from minicpm_tui.access import access_to
from minicpm_tui.address import authorization, numbered, socket_path
from minicpm_tui.decoding import DecodingError, lenient_json, whole_text
from minicpm_tui.errors import ConfigError
from minicpm_tui.families.recognise import strangeness
from minicpm_tui.i18n import _
from minicpm_tui.redaction import hide
from minicpm_tui.servers import registry
from minicpm_tui.servers.local import LocalServer
from minicpm_tui.text import one_line

USUAL_PORTS = (8000, 8001, 8002, 8080, 8100, 8888, 5000, 1234, 11434, 30000)  # vLLM, llama.cpp, LM Studio, ollama, SGLang
_SECONDS = 1.0
_CONFIGURED_SECONDS = 3.0
"""A configured server may be far away."""
_ANSWER_LIMIT = 8 << 20


@dataclass(frozen=True)
class Answering:
    """An OpenAI-compatible server. ``ours``: this program started it.

    ``model`` is its MiniCPM, else its first one; None where it wants a key. ``silent`` says why a configured one does not answer.
    """

    url: str
    model: str | None
    version: str | None = None
    ours: bool = False
    locked: bool = False
    silent: str = ""

    def to_dict(self) -> dict[str, object]:
        """One entry of ``servers`` in ``doctor --json``."""
        fields: dict[str, object] = {
            "url": self.url,
            "model": self.model,
            "ours": self.ours,
            "version": self.version,
            "locked": self.locked,
        }
        return fields | {"silent": self.silent} if self.silent else fields


def get(url: str, path: str, key: str = "", seconds: float = _SECONDS) -> tuple[int, bytes] | None:
    """``GET`` of a path below the root; status and body, None when nothing answers in time."""
    try:
        return _get(url, path, key, seconds)
    except (OSError, http.client.HTTPException, ValueError, ConfigError):
        return None


def _get(url: str, path: str, key: str, seconds: float) -> tuple[int, bytes]:
    """As ``get``. Raises OSError, HTTPException, ValueError, ConfigError."""
    connection = _connection(url, seconds)
    before = "" if socket_path(url) else urlsplit(url).path
    try:
        headers = {"Authorization": authorization(key)} if key else {}
        connection.request("GET", before + path, headers=headers | dict(access_to(url).headers))
        answer = connection.getresponse()
        return answer.status, answer.read(_ANSWER_LIMIT)
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
    host = parts.hostname or "127.0.0.1"
    if parts.scheme != "https":
        return http.client.HTTPConnection(host, parts.port, timeout=seconds)
    context = ssl.create_default_context()
    access_to(url).load_into(context)
    return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)


def ask(url: str, key: str = "", *, ours: bool = False, configured: bool = False) -> Answering | None:
    """What answers at ``url``. Where that is no OpenAI-compatible server: None, or for a ``configured`` one why it is silent."""
    try:
        status, body = _get(url, "/v1/models", key, _CONFIGURED_SECONDS if configured else _SECONDS)
    except (OSError, http.client.HTTPException, ValueError, ConfigError) as error:
        return Answering(url, None, silent=_reason(error)) if configured else None
    version = _field(get(url, "/version"), "version")
    if status in (401, 403):
        return Answering(url, None, version, ours, locked=True)
    models = _decode(body).get("data") if status == 200 else None
    if not isinstance(models, list):
        silent = _("HTTP {status}, not an OpenAI-compatible server").format(status=status)
        return Answering(url, None, silent=silent) if configured else None
    names = [hide(whole_text(str(model["id"]))) for model in models if isinstance(model, dict) and model.get("id")]
    return Answering(url, min(names, key=strangeness, default=None), version, ours)


def answering(ports: Iterable[int] = USUAL_PORTS, urls: Iterable[tuple[str, str]] = ()) -> list[Answering]:
    """Servers on the usual ports and at the configured ``(url, key)``; those started by us first. Takes about a second."""
    ours = {server.url: server for server in registry.servers() if server.state == "ready"}
    wanted: dict[str, str] = {url: server.key for url, server in ours.items()}
    named = [(numbered(url), key) for url, key in urls]
    for url, key in [*named, *((f"http://127.0.0.1:{port}", "") for port in ports)]:
        wanted[url] = wanted.get(url) or key
    configured = {url for url, _key in named} - set(ours)
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = list(pool.map(lambda item: ask(*item, ours=item[0] in ours, configured=item[0] in configured), wanted.items()))
    return sorted((server for server in found if server), key=lambda server: not server.ours)


def _reason(error: Exception) -> str:
    """Why a server is silent, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("its certificate is not trusted: {reason}").format(reason=error.verify_message)
    if isinstance(error, ConfigError):
        return str(error)
    if isinstance(error, TimeoutError):
        return _("it does not answer in time")
    if isinstance(error, socket.gaierror):
        return _("no such host")
    if isinstance(error, http.client.HTTPException | ValueError):
        return _("it does not speak HTTP")
    return one_line(getattr(error, "strerror", None) or str(error) or type(error).__name__, 80)


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

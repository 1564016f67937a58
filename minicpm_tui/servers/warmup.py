"""One small request to a server that has just become ready, so that the first real one need not wait.

vLLM compiles some kernels with the first request that needs them: pictures, frames, sampling with top_p. Measured on an H200 with
0.25.1: the first picture took 1.4 s to its first token after a first start, the second one 0.2 s.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from minicpm_tui.address import authorization
from minicpm_tui.families import Family, recognise
from minicpm_tui.servers.local import LocalServer

_SECONDS = 180.0
_TOKENS = 4
_PICTURE = (896, 448)
"""Pixels: an overview and two slices."""
_FRAME = (448, 252)
_TOP_P = 0.8


class WarmUp:
    """Blocking: ``run`` belongs into a thread, ``cancel`` may come from another one."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server
        self._connection: http.client.HTTPConnection | None = None
        self._cancelled = threading.Event()

    def run(self) -> None:
        """Ask, and wait for the answer, whatever it is: a server that refuses is as ready as before."""
        family = recognise(self._server.folder)
        for body in _bodies(self._server, family):
            if self._cancelled.is_set() or self._ask(json.dumps(body)) == 200:
                return

    def cancel(self) -> None:
        """Let the answer go; the server drops the request."""
        self._cancelled.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _ask(self, body: str) -> int:
        """The status; 0 when there is no answer."""
        parts = urlsplit(self._server.url)
        connection = self._connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_SECONDS)
        headers = {"Content-Type": "application/json", "Authorization": authorization(self._server.key)}
        try:
            connection.connect()
            if self._cancelled.is_set():
                return 0
            connection.request("POST", "/v1/chat/completions", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return 0
        else:
            return answer.status
        finally:
            connection.close()


def _bodies(server: LocalServer, family: Family) -> Iterator[dict[str, Any]]:
    """With a picture and frames as the server takes them; where it refuses that, with a picture alone, then with text."""
    text = {"type": "text", "text": "?"}
    limits = server.limits
    picture = {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{_jpeg(_PICTURE)}"}}
    frames = ",".join([_jpeg(_FRAME)] * 2)
    video = {"type": "video_url", "video_url": {"url": f"data:video/jpeg;base64,{frames}"}}
    pictures = [picture] if limits.get("image", 1) else []
    if family.video and limits.get("video", 1):
        yield _body(server, family, [*pictures, video, text])
    if pictures:
        yield _body(server, family, [*pictures, text])
    yield _body(server, family, [text])


def _body(server: LocalServer, family: Family, content: list[dict[str, Any]]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": server.model,
        "messages": [{"role": "user", "content": content}],
        "max_tokens": _TOKENS,
        "temperature": family.temperature or 0.7,
        "top_p": family.top_p or _TOP_P,
    }
    if family.thinking != "none":
        body["chat_template_kwargs"] = {"enable_thinking": False}
    return body


def _jpeg(size: tuple[int, int]) -> str:
    """A grey picture of so many pixels, in base64."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", size, "grey").save(buffer, "JPEG", quality=50)
    return base64.b64encode(buffer.getvalue()).decode()

"""What stands before the routes: the key, the record of requests, and a web site that is no API at all."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from minicpm_tui.demo.responses import json_response
from minicpm_tui.demo.state import State

_PAGE = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"


class KeyGuard:
    """Asks for the key under ``/v1`` only, as vLLM does; its 401 has an ``error`` that is a string."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] != "OPTIONS" and scope["path"].startswith("/v1") and not self._fits(scope):
            await json_response({"error": "Unauthorized"}, 401)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _fits(self, scope: Scope) -> bool:
        key = self._state.options.api_key
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        scheme, _space, given = header.partition(" ")
        return not key or (scheme.lower() == "bearer" and secrets.compare_digest(given.encode(), key.encode()))


class SizeGuard:
    """With the fault ``most_bytes`` a larger request gets aiohttp's 413, which gateways are built of."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = self._state.options.faults.most_bytes
        if scope["type"] != "http" or most is None or scope["method"] == "GET":
            await self._app(scope, receive, send)
            return
        arrived: list[Message] = []
        while not arrived or arrived[-1].get("more_body"):
            arrived.append(await receive())
        size = sum(len(message.get("body", b"")) for message in arrived)
        if size > most:
            text = f"Maximum request body size {most} exceeded, actual body size {size}"
            await Response(text, 413, media_type="text/plain")(scope, receive, send)
            return
        waiting = iter(arrived)

        async def replay() -> Message:
            return next(waiting, None) or await receive()

        await self._app(scope, replay, send)


class WebSite:
    """The outermost layer: with the fault ``not_an_api`` every path answers an HTML page."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._state.options.faults.not_an_api:
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/html"), (b"content-length", str(len(_PAGE)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": _PAGE})


class Recorded(msgspec.Struct, frozen=True):
    """A request as it arrived. ``headers`` by lower-case name."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON. Raises msgspec.DecodeError when it is none."""
        return msgspec.json.decode(self.body)

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body)


class Recorder:
    """Keeps every request whose body has arrived, in order. Read it from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Recorded] = []

    @property
    def requests(self) -> list[Recorded]:
        """A copy of what has arrived so far, oldest first."""
        with self._lock:
            return list(self._requests)

    def around(self, app: ASGIApp) -> ASGIApp:
        """``app`` with its requests noted before it answers them."""

        async def recording(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            parts: list[bytes] = []

            async def listening() -> Message:
                message = await receive()
                if message["type"] == "http.request":
                    parts.append(message.get("body", b""))
                    if not message.get("more_body"):
                        self._note(scope, b"".join(parts))
                return message

            if scope["method"] == "GET":
                self._note(scope, b"")
                await app(scope, receive, send)
            else:
                await app(scope, listening, send)

        return recording

    def _note(self, scope: Scope, body: bytes) -> None:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        with self._lock:
            self._requests.append(Recorded(scope["method"], scope["path"], headers, body))

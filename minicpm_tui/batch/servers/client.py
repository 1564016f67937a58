"""One server as a batch needs it: whole answers instead of streams, and its running and waiting figures."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from minicpm_tui.address import http_root
from minicpm_tui.backends.client import make_client
from minicpm_tui.backends.failures import Failure, failure_of, not_a_reply
from minicpm_tui.backends.odd_chunks import read_chunk
from minicpm_tui.backends.reply import ReplyReader
from minicpm_tui.backends.sse import as_event, is_events
from minicpm_tui.decoding import json_object
from minicpm_tui.errors import NotAServer, ServerFailed
from minicpm_tui.i18n import _
from minicpm_tui.messages import Delta, Usage

if TYPE_CHECKING:
    import httpx2

ANSWER_SECONDS = 600.0
"""A request without an answer for so long has failed: an answer comes whole, so its waiting and all its tokens lie before it."""
FIGURES_SECONDS = 5.0
_GAUGE = re.compile(rb"^vllm:num_requests_(running|waiting)(?:\{[^\n]*\})? ([0-9.eE+]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer; ``reasoning`` is apart from ``text``, which is the model's refusal when it ``refused``."""

    text: str
    reasoning: str
    usage: Usage | None
    finish_reason: str | None
    refused: bool = False


class Server:
    """Asks the server at the root URL ``url``.

    ``thinking``: requests switch thinking on, so that text before a stray ``</think>`` is reasoning.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        thinking: bool = False,
        seconds: float = ANSWER_SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url
        self._key = key
        self._thinking = thinking
        self._client = make_client(url, key, stall_seconds=seconds, transport=transport)
        self._without_stop_ids = False

    async def ask(self, body: bytes) -> Reply:
        """The answer to a request's JSON ``body``. Raises BackendError.

        A server that refuses ``stop_token_ids`` is asked again without them, and gets none from then on.
        """
        if self._without_stop_ids:
            body = _without_stop_ids(body)
        response = await self._post(body)
        if response.status_code == 200:
            return self._reply(response)
        failure = self._failure(response)
        if failure.about_stop_ids and (bare := _without_stop_ids(body)) != body:
            self._without_stop_ids = True
            response = await self._post(bare)
            if response.status_code == 200:
                return self._reply(response)
            failure = self._failure(response)
        raise failure.error

    async def healthy(self) -> bool:
        """False when it does not answer, or answers that its engine is dead."""
        import httpx2

        try:
            response = await self._client.get(f"{http_root(self.url)}/health", timeout=FIGURES_SECONDS)
        except httpx2.HTTPError:
            return False
        return response.status_code < 500

    async def load(self) -> tuple[int, int] | None:
        """How many requests its engines run and how many wait; None when it has no such figures. Raises BackendError."""
        import httpx2

        from minicpm_tui.backends.network import network_error

        try:
            response = await self._client.get(f"{http_root(self.url)}/metrics", timeout=FIGURES_SECONDS)
        except httpx2.HTTPError as error:
            raise network_error(error, self.url, FIGURES_SECONDS) from error
        figures = {b"running": 0.0, b"waiting": 0.0}
        found = _GAUGE.findall(response.content)
        for name, value in found:
            figures[name] += float(value)
        return (int(figures[b"running"]), int(figures[b"waiting"])) if found else None

    async def aclose(self) -> None:
        """Close the connections to it."""
        await self._client.aclose()

    async def _post(self, body: bytes) -> httpx2.Response:
        import httpx2

        from minicpm_tui.backends.network import network_error

        began = time.monotonic()
        try:
            return await self._client.post(
                f"{http_root(self.url)}/v1/chat/completions", content=body, headers={"content-type": "application/json"}
            )
        except httpx2.HTTPError as error:
            raise network_error(error, self.url, time.monotonic() - began, known=True) from error

    def _failure(self, response: httpx2.Response) -> Failure:
        location = response.headers.get("location", "")
        return failure_of(response.status_code, response.content, url=self.url, key_sent=bool(self._key), location=location)

    def _reply(self, response: httpx2.Response) -> Reply:
        """What an answer says, read as the one event of a stream. Raises NotAServer, and ServerFailed for what is no JSON."""
        data = response.content
        events = is_events(data)
        if not events:
            chunk = read_chunk(data)
            if chunk is None and "html" in (kind := response.headers.get("content-type", "")):
                raise not_a_reply(self.url, kind)
            if chunk is None:
                raise ServerFailed(_("{url} sent an answer that is not JSON").format(url=self.url))
            if not (chunk.choices or chunk.failed):
                raise NotAServer(_("{url} sent no answer").format(url=self.url))
        reader = ReplyReader(time.monotonic(), thinking=self._thinking)
        texts = {"content": "", "reasoning": ""}
        for event in (*reader.feed(data if events else as_event(data)), *reader.finish()):
            if isinstance(event, Delta):
                texts[event.kind] += event.text
        if reader.refusal is not None:
            raise failure_of(*reader.refusal, url=self.url, key_sent=bool(self._key)).error
        end = reader.end()
        return Reply(
            text=texts["content"],
            reasoning=texts["reasoning"],
            usage=end.usage,
            finish_reason=end.finish_reason,
            refused=end.refused,
        )


def _without_stop_ids(body: bytes) -> bytes:
    if b'"stop_token_ids"' not in body:
        return body
    fields = json_object(body)
    fields.pop("stop_token_ids", None)
    return msgspec.json.encode(fields)

"""One server as a batch needs it: whole answers instead of streams, and its running and waiting figures."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

from minicpm_tui.address import http_root
from minicpm_tui.backends.client import make_client
from minicpm_tui.backends.failures import Failure, failure_of, not_a_reply
from minicpm_tui.backends.odd_chunks import read_chunk
from minicpm_tui.backends.reply import ReplyReader
from minicpm_tui.backends.sse import as_event, is_events
from minicpm_tui.decoding import json_object
from minicpm_tui.errors import BackendError, NotAServer, ServerFailed, ServerOverloaded, ServerStalled
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
    """A whole answer; ``reasoning`` is apart from ``text``, which is the model's refusal when it ``refused``.

    ``notice`` says what is missing in it.
    """

    text: str
    reasoning: str
    usage: Usage | None
    finish_reason: str | None
    refused: bool = False
    notice: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """``response`` with what could be read of its ``body``; ``broken`` says why that is not all."""

    response: httpx2.Response
    body: bytes
    broken: BackendError | None = None

    @property
    def well(self) -> bool:
        """Whether it is a reply, by its status."""
        return self.response.is_success


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
        self._seconds = seconds
        self._client = make_client(url, key, stall_seconds=seconds, transport=transport)
        self._without_stop_ids = False

    async def ask(self, body: bytes) -> Reply:
        """The answer to a request's JSON ``body``. Raises BackendError.

        A server that refuses ``stop_token_ids`` is asked again without them, and gets none from then on.
        """
        if self._without_stop_ids:
            body = _without_stop_ids(body)
        answer = await self._post(body)
        if answer.well:
            return self._reply(answer)
        failure = self._failure(answer)
        if failure.about_stop_ids and (bare := _without_stop_ids(body)) != body:
            self._without_stop_ids = True
            answer = await self._post(bare)
            if answer.well:
                return self._reply(answer)
            failure = self._failure(answer)
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

    async def _post(self, body: bytes) -> _Answer:
        import httpx2

        from minicpm_tui.backends.bounded import BODY_LIMIT, BodyTooLarge
        from minicpm_tui.backends.network import network_error

        began, url, held = time.monotonic(), f"{http_root(self.url)}/v1/chat/completions", bytearray()
        headers = {"content-type": "application/json"}
        response: httpx2.Response | None = None
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream("POST", url, content=body, headers=headers) as response,
            ):
                async for piece in response.aiter_bytes():
                    held += piece
                    if len(held) > BODY_LIMIT:
                        raise BodyTooLarge(url)
        except TimeoutError:
            words = _("{url} took more than {seconds:.0f} s to answer").format(url=self.url, seconds=self._seconds)
            raise ServerStalled(words, hint=_("try again; if it stays slow, start the server again")) from None
        except httpx2.HTTPError as error:
            broken = network_error(error, self.url, time.monotonic() - began, known=True)
            if response is None or not response.is_success or isinstance(error, BodyTooLarge):
                raise broken from error
            return _Answer(response, bytes(held), broken)
        return _Answer(response, bytes(held))

    def _failure(self, answer: _Answer) -> Failure:
        headers = answer.response.headers
        location = headers.get("location", "")
        failure = failure_of(answer.response.status_code, answer.body, url=self.url, key_sent=bool(self._key), location=location)
        if isinstance(failure.error, ServerOverloaded):
            failure.error.rest_seconds = seconds_of(headers.get("retry-after", ""))
        return failure

    def _reply(self, answer: _Answer) -> Reply:
        """What an answer says, also one that the line broke after. Raises BackendError."""
        try:
            return self._read(answer)
        except BackendError as error:
            raise answer.broken or error from error

    def _read(self, answer: _Answer) -> Reply:
        """What an answer says, read as the one event of a stream. Raises NotAServer, and ServerFailed for what is no JSON."""
        data = answer.body
        events = is_events(data)
        if not events:
            chunk = read_chunk(data)
            if chunk is None and "html" in (kind := answer.response.headers.get("content-type", "")):
                raise not_a_reply(self.url, kind)
            if chunk is None:
                raise ServerFailed(_("{url} sent an answer that is not JSON").format(url=self.url))
            if not (chunk.choices or chunk.failed):
                raise NotAServer(_("{url} sent no answer").format(url=self.url))
        reader = ReplyReader(time.monotonic(), thinking=self._thinking)
        texts = {"content": "", "reasoning": ""}
        notice = ""
        for event in (*reader.feed(data if events else as_event(data)), *reader.finish()):
            if isinstance(event, Delta):
                texts[event.kind] += event.text
            else:
                notice = event.text
        if reader.refusal is not None:
            raise failure_of(*reader.refusal, url=self.url, key_sent=bool(self._key)).error
        end = reader.end()
        return Reply(
            text=texts["content"],
            reasoning=texts["reasoning"],
            usage=end.usage,
            finish_reason=end.finish_reason,
            refused=end.refused,
            notice=notice,
        )


def seconds_of(retry_after: str) -> float:
    """What a Retry-After header asks for: seconds, or a date (RFC 9110, 10.2.3). 0 for anything else and for the past."""
    if retry_after.isdecimal():
        return float(retry_after[:9])
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - time.time())


def _without_stop_ids(body: bytes) -> bytes:
    if b'"stop_token_ids"' not in body:
        return body
    fields = json_object(body)
    fields.pop("stop_token_ids", None)
    return msgspec.json.encode(fields)

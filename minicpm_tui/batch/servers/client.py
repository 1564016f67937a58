"""One server as a batch needs it: whole answers instead of streams, and its running and waiting figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from minicpm_tui.address import http_root
from minicpm_tui.backends.client import make_client
from minicpm_tui.backends.failures import failure_of
from minicpm_tui.backends.reasoning import split_reasoning
from minicpm_tui.backends.sse import Chunk, decode_chunk
from minicpm_tui.errors import NotAServer, ServerFailed
from minicpm_tui.i18n import _
from minicpm_tui.messages import Usage

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
        self._seconds = seconds
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
            return self._reply(response.content)
        failure = failure_of(response.status_code, response.content, url=self.url, key_sent=bool(self._key))
        if failure.about_stop_ids and (bare := _without_stop_ids(body)) != body:
            self._without_stop_ids = True
            response = await self._post(bare)
            if response.status_code == 200:
                return self._reply(response.content)
            failure = failure_of(response.status_code, response.content, url=self.url, key_sent=bool(self._key))
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

        try:
            return await self._client.post(
                f"{http_root(self.url)}/v1/chat/completions", content=body, headers={"content-type": "application/json"}
            )
        except httpx2.HTTPError as error:
            raise network_error(error, self.url, self._seconds) from error

    def _reply(self, data: bytes) -> Reply:
        try:
            answer: Chunk = decode_chunk(data)
        except ValueError:
            raise ServerFailed(_("{url} sent an answer that is not JSON").format(url=self.url)) from None
        if not answer.choices or (message := answer.choices[0].message) is None:
            raise NotAServer(_("{url} sent no answer").format(url=self.url))
        reasoning = message.reasoning or message.reasoning_content or ""
        finish = answer.choices[0].finish_reason
        text, thought = split_reasoning(message.content or "", finish, expected=self._thinking and not reasoning)
        usage = answer.usage
        return Reply(
            text=text or message.refusal or "",
            reasoning=reasoning + thought,
            usage=Usage(
                usage.prompt_tokens,
                usage.completion_tokens or 0,
                usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None,
            )
            if usage
            else None,
            finish_reason=finish,
            refused=bool(message.refusal),
        )


def _without_stop_ids(body: bytes) -> bytes:
    if b'"stop_token_ids"' not in body:
        return body
    fields = msgspec.json.decode(body)
    fields.pop("stop_token_ids", None)
    return msgspec.json.encode(fields)

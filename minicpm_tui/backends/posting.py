"""Ways to send a chat request. The only module that imports openai."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import TYPE_CHECKING, Protocol, cast

from minicpm_tui.address import http_root

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

Content = bytes | AsyncIterable[bytes]
_PATH = "/chat/completions"


class Poster(Protocol):
    """Sends requests to the chat completions API of one server."""

    async def post(self, content: Content, headers: Mapping[str, str]) -> httpx2.Response:
        """The answer, whatever its status; the body of one that succeeded is not read yet. Raises httpx2.HTTPError."""
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...


def load_sdk() -> None:
    """Import the openai library, for half a second: to be called in a thread."""
    import openai  # noqa: F401


class PlainPoster:
    """Through the HTTP client alone, for a program that asks once and need not import openai.

    ``url`` is the server's root.
    """

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self._url = f"{http_root(url)}/v1{_PATH}"

    async def post(self, content: Content, headers: Mapping[str, str]) -> httpx2.Response:
        """See ``Poster.post``."""
        return await self._http.send(self._http.build_request("POST", self._url, content=content, headers=headers), stream=True)

    async def aclose(self) -> None:
        """See ``Poster.aclose``."""
        await self._http.aclose()


class SdkPoster:
    """Through the openai library. ``url`` is the server's root."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        from openai import AsyncOpenAI

        self._client: AsyncOpenAI = AsyncOpenAI(
            api_key="set by the http client",
            base_url=f"{http_root(url)}/v1",
            max_retries=0,
            timeout=http.timeout,
            http_client=http,
        )

    async def post(self, content: Content, headers: Mapping[str, str]) -> httpx2.Response:
        """See ``Poster.post``."""
        import httpx2
        import openai

        try:
            reply: object = await self._client.post(
                _PATH,
                cast_to=httpx2.Response,
                content=content,
                options={"headers": dict(headers)},
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            return cast("httpx2.Response", reply)
        except openai.APIStatusError as error:
            return error.response
        except openai.APIConnectionError as error:
            failed = error.__cause__ or error
        # raised here, so that it does not become its own cause
        raise failed if isinstance(failed, httpx2.HTTPError) else httpx2.TransportError(str(failed))

    async def aclose(self) -> None:
        """See ``Poster.aclose``."""
        await self._client.close()

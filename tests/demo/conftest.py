"""Pictures and requests for the demo server's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving


class Client:
    """Asks a demo server."""

    def __init__(self, server: DemoServer) -> None:
        self.server = server
        headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
        self.http = httpx2.Client(base_url=server.url, headers=headers, timeout=30)

    def post(self, *messages: dict[str, Any], **fields: Any) -> httpx2.Response:
        return self.http.post("/v1/chat/completions", json={"messages": list(messages), **fields})

    def text(self, *messages: dict[str, Any], **fields: Any) -> str:
        """The whole reply's content."""
        content = self.post(*messages, **fields).raise_for_status().json()["choices"][0]["message"]["content"]
        assert isinstance(content, str)
        return content

    def metric(self, name: str) -> float:
        line = next(line for line in self.http.get("/metrics").text.splitlines() if line.startswith(name))
        return float(line.rsplit(" ", 1)[1])


@pytest.fixture(scope="session")
def shared() -> Iterator[Client]:
    """A healthy server for tests that change nothing about it."""
    with serving() as server:
        client = Client(server)
        yield client
        client.http.close()


@pytest.fixture
def options() -> DemoOptions:
    """What ``client``'s server is like; override by parametrising ``options`` indirectly or in the test's module."""
    return DemoOptions(tokens_per_second=0)


@pytest.fixture
def client(options: DemoOptions) -> Iterator[Client]:
    """A server of the test's own."""
    with serving(options) as server:
        client = Client(server)
        yield client
        client.http.close()

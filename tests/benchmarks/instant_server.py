"""A server that answers at once and looks at nothing: ``python -m tests.benchmarks.instant_server`` prints its URL."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

_MODEL = {
    "id": "MiniCPM-V-2_6",
    "object": "model",
    "created": 0,
    "owned_by": "vllm",
    "root": "MiniCPM-V-2_6",
    "max_model_len": 32768,
}
_CHOICE = {"index": 0, "message": {"role": "assistant", "content": "a picture"}, "finish_reason": "stop"}
_USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
_ANSWERS: dict[bytes, Any] = {
    b"/v1/models": {"object": "list", "data": [_MODEL]},
    b"/version": {"version": "0.25.0"},
    b"/v1/chat/completions": {"id": "1", "object": "chat.completion", "choices": [_CHOICE], "usage": _USAGE},
}
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Connection(asyncio.BufferedProtocol):
    """One after another; bodies are let go of as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray(1 << 20)
        self._head = b""
        self._left = 0
        self._path = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._left > nbytes:
            self._left -= nbytes
            return
        if not self._left:
            self._head += bytes(self._buffer[:nbytes])
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._head, 0, end)
            self._path = self._head.split(b" ", 2)[1].partition(b"?")[0]
            self._left = int(length[1]) if length else 0
            nbytes, self._head = len(self._head) - end - 4, b""
            if self._left > nbytes:
                self._left -= nbytes
                return
        self._left = 0
        body = json.dumps(_ANSWERS.get(self._path, {})).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())

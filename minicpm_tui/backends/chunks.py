"""Joins the chunks of an HTTP/1.1 body that arrived together.

vLLM writes a chunk a token. h11 and the layers above it take as long for a chunk of one token as for one of a hundred, and that
was half of what receiving a fast reply cost. Format: https://www.rfc-editor.org/rfc/rfc9112#section-7.1
"""

from __future__ import annotations

import re

HELD_BYTES = 64 * 1024
"""A chunk that is larger goes through as it comes."""

_HEAD_BYTES = 64 * 1024
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_INTERIM = re.compile(rb"HTTP/1\.1 1\d\d")
"""A response such as 100 Continue, which another one follows."""


class ChunkJoiner:
    """The bytes of one response, fed as they arrive. What it does not understand goes through unchanged."""

    def __init__(self) -> None:
        self._head = b""
        self._rest = b""
        self._joining = False
        self._through = False

    def feed(self, data: bytes) -> bytes:
        """What can be handed on of ``data`` and what was held; empty when a chunk is not complete. Empty ``data`` is the end."""
        if self._through or not data:
            return self._all(data)
        if not self._joining:
            head, data = self._read_head(data)
            return head + (self._join(data) if data else b"")
        return self._join(data)

    def _read_head(self, data: bytes) -> tuple[bytes, bytes]:
        """``data`` up to the end of the headers, and what belongs to a chunked body."""
        self._head += data
        while (end := self._head.find(b"\r\n\r\n")) >= 0:
            head, body = self._head[: end + 4], self._head[end + 4 :]
            if _INTERIM.match(head):
                self._head = body
                continue
            self._joining = _CHUNKED.search(head) is not None
            self._through = not self._joining
            return (data[: len(data) - len(body)], body) if self._joining else (data, b"")
        self._through = len(self._head) > _HEAD_BYTES
        return data, b""

    def _join(self, data: bytes) -> bytes:
        buffer = self._rest + data
        chunks: list[bytes] = []
        at = 0
        while (line := buffer.find(b"\r\n", at)) >= 0:
            try:
                size = int(buffer[at:line].partition(b";")[0], 16)
            except ValueError:
                size = 0
            if size <= 0:  # the last chunk and the trailers, or nothing that is known here
                self._through = True
                break
            end = line + 2 + size
            if end + 2 > len(buffer):
                break
            chunks.append(buffer[line + 2 : end])
            at = end + 2
        self._rest = buffer[at:]
        body = b"".join(chunks)
        joined = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        if self._through or len(self._rest) > HELD_BYTES:
            self._through = True
            return joined + self._all(b"")
        return joined

    def _all(self, data: bytes) -> bytes:
        held, self._rest = self._rest, b""
        return held + data

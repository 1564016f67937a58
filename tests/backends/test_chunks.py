"""A body is the same whether its chunks are joined or not, however the network cuts it."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.backends.chunks import HELD_BYTES, ChunkJoiner

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n"


def chunked(pieces: list[bytes], *, extension: bytes = b"") -> bytes:
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces if piece)
    return body + b"0\r\n\r\n"


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [part for begin, end in zip([0, *ends], ends, strict=False) if (part := data[begin:end])]


def read(parts: list[bytes], *, join: bool) -> tuple[bytes, int, bool]:
    """The body as h11 reads it, in how many pieces, and whether it came to its end."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    connection.send(h11.EndOfMessage())
    joiner = ChunkJoiner()
    body, pieces, ended = b"", 0, False
    for part in [*parts, b""]:
        data = joiner.feed(part) if join else part
        if data or not part:
            connection.receive_data(data)
        while True:
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError:
                return body, pieces, False
            if isinstance(event, h11.Data):
                body += bytes(event.data)
                pieces += 1
            elif isinstance(event, h11.EndOfMessage):
                ended = True
            if event is h11.NEED_DATA or event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                break
    return body, pieces, ended


@given(
    st.lists(st.binary(max_size=40), max_size=20), st.lists(st.integers(0, 2000), max_size=12), st.sampled_from([b"", b";a=b"])
)
def test_the_body_is_the_same_however_it_is_cut(pieces: list[bytes], places: list[int], extension: bytes) -> None:
    parts = cut(HEAD + chunked(pieces, extension=extension), places)
    plain, joined = read(parts, join=False), read(parts, join=True)
    assert joined[0] == plain[0] == b"".join(pieces)
    assert joined[2]
    assert plain[2]
    assert joined[1] <= plain[1]


def test_a_read_full_of_chunks_is_one_piece() -> None:
    body, pieces, ended = read([HEAD, chunked([b"data: x\n\n"] * 500)], join=True)
    assert (body, pieces, ended) == (b"data: x\n\n" * 500, 1, True)


def test_an_interim_response_goes_before() -> None:
    data = b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + chunked([b"ab", b"cd"])
    for place in range(len(data)):
        assert read(cut(data, [place]), join=True)[::2] == (b"abcd", True)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n3\r\nabc\r\n9",
        b"HTTP/1.0 200 OK\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"no HTTP at all\r\n\r\n3\r\nabc",
        b"x" * 200_000,
        HEAD + b"zz\r\nabc\r\n",
        HEAD + b"-3\r\nabc\r\n",
        b"",
    ],
)
def test_anything_else_goes_through_unchanged(data: bytes) -> None:
    joiner = ChunkJoiner()
    handed_on = b"".join(joiner.feed(part) for part in [*cut(data, [7, 40, 90]), b""])
    assert handed_on == data


def test_a_large_chunk_is_not_held_and_a_broken_one_is_not_lost() -> None:
    joiner = ChunkJoiner()
    joiner.feed(HEAD)
    assert joiner.feed(b"fffff\r\nabc") == b""
    assert len(joiner.feed(b"d" * (HELD_BYTES + 1))) > HELD_BYTES
    broken = ChunkJoiner()
    broken.feed(HEAD)
    assert broken.feed(b"2\r\nab\r\n5\r\nab") == b"2\r\nab\r\n"
    assert broken.feed(b"") == b"5\r\nab"
    assert broken.feed(b"") == b""

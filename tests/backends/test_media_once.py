"""Pictures and videos are sent once; what a server forgets or cannot do is mended without the user."""

from __future__ import annotations

import base64
import hashlib
import json
import tracemalloc
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from minicpm_tui.backends.body import payload_of
from minicpm_tui.backends.facts import ServerFacts
from minicpm_tui.backends.memory import MediaMemory
from minicpm_tui.messages import Blob, Frame, MemoryBlobs, VideoPart
from tests.backends.conftest import VLLM, Opener, end_of, error_of, notices_of, picture_of, question, reply
from tests.backends.test_openai import sse

MISS = httpx2.Response(400, json={"error": {"message": "Cache miss for image at index 0 but data is not provided.", "code": 400}})
UNEXPLAINED = httpx2.Response(500, json={"error": {"message": "Expected code to be unreachable, but got: None", "code": 500}})


class Server:
    """Answers with the given responses, then with a good reply; remembers the bodies."""

    def __init__(self, *responses: httpx2.Response) -> None:
        self.responses = list(responses)
        self.bodies: list[dict[str, Any]] = []
        self.started = "1"

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/metrics":
            return httpx2.Response(200, text=f"# HELP x\nprocess_start_time_seconds {self.started}\n")
        self.bodies.append(json.loads(request.read()))
        return self.responses.pop(0) if self.responses else sse()

    @property
    def bare(self) -> list[list[bool]]:
        """For each request and each of its pictures and videos: named without bytes?"""
        return [
            [part[part["type"]] is None for part in body["messages"][0]["content"] if part["type"] != "text"]
            for body in self.bodies
        ]


def video_of(blobs: MemoryBlobs) -> VideoPart:
    frames = [Blob(data, "image/jpeg") for data in (b"first", b"second")]
    blobs.add({frame.sha256: frame for frame in frames})
    return VideoPart("v.mp4", tuple(Frame(frame.sha256, float(time)) for time, frame in enumerate(frames)))


async def test_the_bytes_go_once_under_their_digest(answering: Opener) -> None:
    server, blobs = Server(), MemoryBlobs()
    picture, video = picture_of(b"pixels", blobs), video_of(blobs)
    async with answering(server) as backend:
        for _turn in range(3):
            await reply(backend, question(picture, video, "?"), blobs)
    first = server.bodies[0]["messages"][0]["content"]
    frames = [hashlib.sha256(data).hexdigest() for data in (b"first", b"second")]
    assert first[0] == {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64," + base64.b64encode(b"pixels").decode()},
        "uuid": hashlib.sha256(b"pixels").hexdigest(),
    }
    assert first[1] == {
        "type": "video_url",
        "video_url": {"url": "data:video/jpeg;base64,Zmlyc3Q=,c2Vjb25k"},
        "uuid": hashlib.sha256("\n".join(frames).encode()).hexdigest(),
    }
    assert server.bare == [[False, False], [True, True], [True, True]]


async def test_another_server_version_or_model_gets_the_bytes(answering: Opener) -> None:
    blobs = MemoryBlobs()
    picture = picture_of(b"pixels", blobs)
    seen = []
    for facts in (
        VLLM,
        VLLM,
        ServerFacts("http://other:8000", "0.32.0", is_vllm=True),
        ServerFacts(VLLM.url, "0.33.0", is_vllm=True),
    ):
        server = Server()
        async with answering(server, facts) as backend:
            await reply(backend, question(picture, "?"), blobs)
        seen += server.bare
    assert seen == [[False], [True], [False], [False]]


async def test_a_restarted_server_gets_the_bytes_at_once(answering: Opener) -> None:
    blobs = MemoryBlobs()
    picture = picture_of(b"pixels", blobs)
    seen = []
    for started in ("1", "2", "2"):
        server = Server()
        async with answering(server, msgspec.structs.replace(VLLM, started=started)) as backend:
            await reply(backend, question(picture, "?"), blobs)
        seen += server.bare
    assert seen == [[False], [False], [True]]


@pytest.mark.parametrize("facts", [ServerFacts(VLLM.url), ServerFacts(VLLM.url, "0.9.2", is_vllm=True)])
async def test_servers_that_do_not_know_uuids_get_none(answering: Opener, facts: ServerFacts) -> None:
    server, blobs = Server(), MemoryBlobs()
    picture = picture_of(b"pixels", blobs)
    async with answering(server, facts) as backend:
        for _turn in range(2):
            await reply(backend, question(picture, "?"), blobs)
    assert server.bare == [[False], [False]]
    assert "uuid" not in str(server.bodies)


async def test_a_forgotten_picture_goes_again_at_once_and_by_name_later(answering: Opener) -> None:
    blobs = MemoryBlobs()
    picture = picture_of(b"pixels", blobs)
    server = Server(sse(), MISS, sse(), sse())
    async with answering(server) as backend:
        turns = [await reply(backend, question(picture, "?"), blobs) for _turn in range(3)]
    assert server.bare == [[False], [True], [False], [True]]
    assert [len(notices_of(events)) for events in turns] == [0, 1, 0]
    assert all(end_of(events).error is None for events in turns)


async def test_three_misses_in_a_row_stop_the_attempts_until_the_server_starts_anew(answering: Opener) -> None:
    blobs = MemoryBlobs()
    picture = picture_of(b"pixels", blobs)
    server = Server(sse(), *[MISS, sse()] * 3)
    async with answering(server) as backend:
        for _turn in range(6):
            await reply(backend, question(picture, "?"), blobs)
    assert server.bare == [[False], *[[True], [False]] * 3, [False], [False]]
    again = Server()
    async with answering(again, msgspec.structs.replace(VLLM, started="2")) as backend:
        for _turn in range(2):
            await reply(backend, question(picture, "?"), blobs)
    assert again.bare == [[False], [True]]


async def test_a_miss_after_a_restart_does_not_count(answering: Opener) -> None:
    blobs = MemoryBlobs()
    picture = picture_of(b"pixels", blobs)
    server = Server(sse(), *[MISS, sse()] * 4)
    async with answering(server) as backend:
        for started in ("1", "1", "1", "2", "2"):
            server.started = started
            await reply(backend, question(picture, "?"), blobs)
    assert server.bare == [[False], *[[True], [False]] * 4]


async def test_a_server_that_takes_no_bare_videos_still_takes_bare_pictures(answering: Opener) -> None:
    """vLLM 0.25: 500 for a video that is named by its uuid alone."""
    server, blobs = Server(sse(), UNEXPLAINED), MemoryBlobs()
    picture, video = picture_of(b"pixels", blobs), video_of(blobs)
    async with answering(server) as backend:
        for _turn in range(3):
            assert end_of(await reply(backend, question(picture, video, "?"), blobs)).error is None
    assert server.bare == [[False, False], [True, True], [False, False], [True, False]]


async def test_what_fails_with_the_bytes_too_is_not_blamed_on_uuids(answering: Opener) -> None:
    server, blobs = Server(sse(), UNEXPLAINED, UNEXPLAINED), MemoryBlobs()
    picture = picture_of(b"pixels", blobs)
    async with answering(server) as backend:
        await reply(backend, question(picture, "?"), blobs)
        assert "unreachable" in error_of(await reply(backend, question(picture, "?"), blobs))
        await reply(backend, question(picture, "?"), blobs)
    assert server.bare == [[False], [True], [False], [True]]


@pytest.mark.parametrize("status", [401, 404, 422, 429])
async def test_other_refusals_are_never_answered_with_bytes(answering: Opener, status: int) -> None:
    refusal = httpx2.Response(status, json={"error": {"message": "no", "code": status}})
    server, blobs = Server(sse(), refusal), MemoryBlobs()
    picture = picture_of(b"pixels", blobs)
    async with answering(server) as backend:
        for _turn in range(2):
            await reply(backend, question(picture, "?"), blobs)
    assert server.bare == [[False], [True]]


async def test_a_limit_that_the_server_names_is_remembered(answering: Opener) -> None:
    refusal = httpx2.Response(400, json={"error": {"message": "At most 5 image(s) may be provided in one prompt.", "code": 400}})
    async with answering(Server(refusal)) as backend:
        assert "it takes 5 pictures" in error_of(await reply(backend, question("?")))
        assert backend.memory.limits == {"image": 5}
    memory = MediaMemory(VLLM, "m")
    memory.load()
    assert memory.limits == {"image": 5}


@pytest.mark.parametrize("data", [b"\xff{", b'{"started": "\xff"}', b'{"started": []}'])
def test_a_damaged_memory_is_an_empty_one(home: Path, data: bytes) -> None:
    memory = MediaMemory(VLLM, "m")
    memory.acknowledge(["abc"], bare=False)
    memory.save()
    (file,) = (home / "cache" / "media-memory").iterdir()
    file.write_bytes(data)
    again = MediaMemory(VLLM, "m")
    again.load()
    assert again.bare([("image", "abc")]) == set()


async def test_a_request_needs_little_more_memory_than_its_largest_picture() -> None:
    blobs = MemoryBlobs()
    pictures = [picture_of(bytes([index]) * 3_000_000, blobs) for index in range(5)]
    payload = payload_of(question(*pictures), uuids=True, bare=())
    tracemalloc.start()
    total = 0
    async for piece in payload.stream(blobs, lambda _count: None):
        total += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 20_000_000
    assert peak < 4_000_000

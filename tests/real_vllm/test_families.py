"""Every family of the catalogue on a real vLLM: recognised, started with fitting options, counted, told apart when it thinks."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from minicpm_tui.chat.connect import Connection, Target, connect
from minicpm_tui.chat.options import options_for
from minicpm_tui.chat.session import ChatSession
from minicpm_tui.config import load
from minicpm_tui.families import by_id, video_tokens
from minicpm_tui.media import AttachmentSpec, MediaLimits, prepare
from minicpm_tui.messages import Delta, End, ImagePart, media_of
from minicpm_tui.servers import launch, registry
from minicpm_tui.servers.local import LocalServer
from minicpm_tui.sessions import Journal
from tests.real_vllm.checkpoints import LEGACY, NATIVE
from tests.real_vllm.install import VISION

SMALL = (
    "--max-model-len", "4096", "--max-num-batched-tokens", "4096", "--gpu-memory-utilization", "0.1",
    "--kv-cache-memory-bytes", "256M", "--max-num-seqs", "8", "--enforce-eager", "--no-enable-prefix-caching",
)  # fmt: skip
SIZES = [
    (1, 1), (3, 900), (448, 448), (449, 448), (640, 480), (1024, 768), (720, 1280), (1344, 1344), (1920, 1080), (4000, 3000),
    (3000, 300), (776, 776),
]  # fmt: skip
SEVERAL = [(640, 480), (448, 448), (1024, 768)]
FAMILIES = (*LEGACY, *NATIVE)
NEWLINE = 1
"""The server joins each placeholder and what follows it by a line break."""


@pytest.fixture(scope="module")
def checkpoints(real_venv: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny checkpoint of each family, in a folder whose name says nothing."""
    folders = {family: tmp_path_factory.mktemp("model") / str(number) for number, family in enumerate(FAMILIES)}
    words = [f"{family}={folder}" for family, folder in folders.items()]
    path = os.pathsep.join([str(Path(__file__).parents[2]), str(real_venv / VISION)])
    make = [str(real_venv / "bin" / "python"), "-m", "tests.real_vllm.checkpoints", *words]
    subprocess.run(make, check=True, env={**os.environ, "PYTHONPATH": path})
    return folders


@pytest.fixture
def server(family: str, checkpoints: dict[str, Path], real_venv: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A tiny checkpoint of ``family``, served by this program's own command."""
    folder = checkpoints[family]
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("VLLM_NO_USAGE_STATS", "1")
    if family in NATIVE:
        path = [str(real_venv / VISION), os.environ.get("PYTHONPATH", "")]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path)))
    monkeypatch.setenv("PATH", f"{real_venv / 'bin'}{os.pathsep}{os.environ['PATH']}")
    command = [sys.executable, "-m", "minicpm_tui", "serve", str(folder), *SMALL, "--detach", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    yield registry.find(json.loads(done.stdout)["id"])
    for running in registry.servers():
        launch.stop(running.id)


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_family_is_served_and_understood(family: str, server: LocalServer, tmp_path: Path) -> None:
    connection = await connect(load({}), target=Target(server.url, server.model, server.key, server))
    try:
        assert connection.family == by_id(family)
        options_fit(connection, server)
        with httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.key}"}, timeout=300) as client:
            counts_are_as_predicted(Counter(client, server.model), connection, tmp_path)
        await thinking_is_told_apart(connection)
        await a_follow_up_names_its_picture(connection, tmp_path)
    finally:
        await connection.aclose()


class Counter:
    """Asks a server for the tokens of a prompt."""

    def __init__(self, client: httpx2.Client, model: str) -> None:
        self._client, self._model = client, model
        self.text = self()

    def __call__(self, *media: dict[str, Any]) -> int:
        """Prompt tokens of a question with these parts."""
        content = [{"type": "text", "text": "?"}, *media]
        body = {"model": self._model, "max_tokens": 1, "messages": [{"role": "user", "content": content}]}
        reply = self._client.post("/v1/chat/completions", json=body)
        assert reply.status_code == 200, reply.text
        return int(reply.json()["usage"]["prompt_tokens"])


def options_fit(connection: Connection, server: LocalServer) -> None:
    family = connection.family
    assert ("--trust-remote-code" in server.argv) == family.trust_remote_code
    assert server.limits == {"image": 5} | ({"video": 1} if family.video else {}) | ({"audio": 0} if family.audio else {})
    assert server.state == "ready"
    added = {token["content"]: token["id"] for token in tokenizer(server)["added_tokens"]}
    assert set(connection.profile.stop_token_ids) == {added[name] for name in family.stop_tokens}


def tokenizer(server: LocalServer) -> Any:
    return json.loads((Path(server.folder) / "tokenizer.json").read_text(encoding="utf-8"))


def counts_are_as_predicted(count: Counter, connection: Connection, folder: Path) -> None:
    """A dozen sizes, several pictures, and videos of 1, 8 and 32 frames."""
    family = connection.family
    costs = {size: counted_picture(count, picture(folder, size), connection) for size in {*SIZES, *SEVERAL}}
    assert all(real == predicted for real, predicted in costs.values()), costs
    several = [part_of(picture(folder, size), connection) for size in SEVERAL]
    total = sum(costs[size][1] - NEWLINE - count.text for size in SEVERAL)
    assert count(*several) == count.text + total + NEWLINE * len(SEVERAL)
    for frames in (1, 8, 32) if family.video else ():
        data = ",".join(base64.b64encode(jpeg((320, 240), shade)).decode() for shade in range(frames))
        part = {"type": "video_url", "video_url": {"url": f"data:video/jpeg;base64,{data}"}}
        assert count(part) == count.text + video_tokens(family, frames, 320, 240) + NEWLINE


def counted_picture(count: Counter, path: Path, connection: Connection) -> tuple[int, int]:
    """Tokens of the prompt as the server counts them, and as they are predicted."""
    prepared = prepare(AttachmentSpec(path=path), MediaLimits(family=connection.family))
    return count(part_of(path, connection)), count.text + prepared.tokens + NEWLINE


def part_of(path: Path, connection: Connection) -> dict[str, Any]:
    [blob] = prepare(AttachmentSpec(path=path), MediaLimits(family=connection.family)).blobs.values()
    return {"type": "image_url", "image_url": {"url": f"data:{blob.media_type};base64,{base64.b64encode(blob.data).decode()}"}}


def picture(folder: Path, size: tuple[int, int]) -> Path:
    path = folder / f"{size[0]}x{size[1]}.png"
    if not path.exists():
        Image.linear_gradient("L").resize(size).convert("RGB").save(path, compress_level=1)
    return path


def jpeg(size: tuple[int, int], shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (shade * 7, 40, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


async def said(session: ChatSession, text: str, *files: Path) -> tuple[str, str, End]:
    """The answer's text, its reasoning, and its end."""
    events = [event async for event in session.send(text, [AttachmentSpec(path=path) for path in files])]
    deltas = [event for event in events if isinstance(event, Delta)]
    [end] = [event for event in events if isinstance(event, End)]
    assert end.error is None, end.error
    words = ["".join(delta.text for delta in deltas if delta.kind == kind) for kind in ("content", "reasoning")]
    return words[0], words[1], end


async def thinking_is_told_apart(connection: Connection) -> None:
    """Noise never ends a thought: with thinking on all of it is reasoning, with thinking off nothing is."""
    for thinking in (True, False):
        options = options_for(load({"thinking": thinking, "max_tokens": 12, "temperature": 1.0}), model=connection.model)
        session = ChatSession(Journal.create(save=False), connection, options)
        text, reasoning, end = await said(session, "Think." if thinking else "Do not think.")
        if end.finish_reason == "length":
            thinks = thinking and connection.family.thinking != "none"
            assert (bool(reasoning.strip()), bool(text.strip())) == (thinks, not thinks)
        await session.aclose()


async def a_follow_up_names_its_picture(connection: Connection, folder: Path) -> None:
    options = options_for(load({"max_tokens": 2}), model=connection.model)
    session = ChatSession(Journal.create(save=False), connection, options)
    _text, _reasoning, first = await said(session, "What is this?", picture(folder, (640, 480)))
    [part] = media_of(session.tree.path()[0].content)
    assert isinstance(part, ImagePart)
    assert connection.memory.bare([("image", part.sha256 or "")]) == {part.sha256}
    _text, _reasoning, second = await said(session, "And the colours?")
    assert second.usage is not None
    assert first.usage is not None
    assert second.usage.prompt_tokens > first.usage.prompt_tokens
    assert connection.memory.bare([("image", part.sha256 or "")]) == {part.sha256}, "the server did not take the bare uuid"
    await session.aclose()

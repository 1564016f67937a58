"""Bytes on the wire and time to first token of a six-turn chat about photos and videos: our client beside the guide's way.

    python -m tests.benchmarks.media_turns [--url URL --key-env NAME] [--line MBIT,MS | --no-line] [photos videos mixed]

The guide's way sends every file whole in every turn, as its script does. Without ``--url`` both talk to the demo server. The
media come with the first three turns. Times run from pressing Enter to the first text, preparing the media included.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import httpx2
from PIL import Image

from minicpm_tui import config
from minicpm_tui.chat.connect import connect
from minicpm_tui.chat.session import ChatSession
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import Delta, RequestOptions
from minicpm_tui.sessions import Journal
from tests.benchmarks.relay import Line, slow_line

TURNS = 6
REPLY_TOKENS = 16
KINDS = {"photos": "ppp", "videos": "vvv", "mixed": "pvp"}


@dataclass(frozen=True)
class Turn:
    """What one turn cost: bytes towards the server, seconds to the first text."""

    sent: int
    first: float


@dataclass(frozen=True)
class Server:
    """Where both clients talk to, and the line in between."""

    line: Line
    key: str
    model: str


def make_media(folder: Path, letters: str) -> list[Path]:
    """A 12 MP photo for each ``p``, a 10 s 1080p video for each ``v``, with detail as a camera's."""
    files = []
    for number, letter in enumerate(letters):
        path = folder / (f"photo{number}.jpg" if letter == "p" else f"video{number}.mp4")
        if letter == "p":
            _scene(4032, 3024, number).save(path, quality=92)
        else:
            _film(path, number)
        files.append(path)
    return files


def _scene(width: int, height: int, seed: int) -> Image.Image:
    """Shapes and a sensor's grain: about as many bytes as a photo of that size."""
    shapes = Image.effect_mandelbrot((width // 4, height // 4), (-2 + seed / 3, -1.5, 1, 1.5), 100).resize((width, height))
    grain = Image.effect_noise((width, height), 30)
    return Image.merge("RGB", (Image.blend(shapes, grain, 0.3), Image.blend(grain, shapes, 0.6), Image.blend(shapes, grain, 0.2)))


def _film(path: Path, seed: int) -> None:
    scene = _scene(2400, 1300, seed)
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "16"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        for number in range(250):
            frame = scene.crop((number, number // 2, 1920 + number, 1080 + number // 2))
            container.mux(stream.encode(av.VideoFrame.from_bytes(frame.convert("RGBA").tobytes(), 1920, 1080)))
        container.mux(stream.encode(None))


async def ours(server: Server, files: Sequence[Path]) -> list[Turn]:
    """The chat through ``ChatSession``, as the program and ``ask`` do it."""
    flags = {"url": server.line.url, "api_key_env": "KEY" if server.key else None, "model": server.model or None}
    connection = await connect(config.load(flags, {}), environ={"KEY": server.key})
    session = ChatSession(Journal.create(save=False), connection, RequestOptions(max_tokens=REPLY_TOKENS))
    turns = []
    try:
        for number in range(TURNS):
            server.line.take()
            attachments = [AttachmentSpec(path=path) for path in files[number : number + 1]]
            began, first = time.monotonic(), 0.0
            async for event in session.send("What do you see?", attachments):
                if isinstance(event, Delta) and not first:
                    first = time.monotonic() - began
            turns.append(Turn(server.line.take().up, first))
    finally:
        await session.aclose()
        await connection.aclose()
    return turns


def guide(server: Server, files: Sequence[Path]) -> list[Turn]:
    """The chat as the guide's script has it: everything again in each turn."""
    messages: list[dict[str, Any]] = []
    turns = []
    with httpx2.Client(base_url=server.line.url, headers={"Authorization": f"Bearer {server.key}"}, timeout=600) as client:
        model = server.model or client.get("/v1/models").json()["data"][0]["id"]
        for number in range(TURNS):
            server.line.take()
            began = time.monotonic()
            parts: list[dict[str, Any]] = [{"type": "text", "text": "What do you see?"}]
            parts += [_whole_file(path) for path in files[number : number + 1]]
            messages.append({"role": "user", "content": parts})
            first, answer = 0.0, ""
            body = {"model": model, "messages": messages, "stream": True, "max_tokens": REPLY_TOKENS}
            with client.stream("POST", "/v1/chat/completions", json=body) as response:
                for piece in _pieces(response):
                    first = first or time.monotonic() - began
                    answer += piece
            messages.append({"role": "assistant", "content": answer})
            turns.append(Turn(server.line.take().up, first))
    return turns


def _whole_file(path: Path) -> dict[str, Any]:
    kind, media_type = ("image_url", "image/jpeg") if path.suffix == ".jpg" else ("video_url", "video/mp4")
    data = base64.b64encode(path.read_bytes()).decode()
    return {"type": kind, kind: {"url": f"data:{media_type};base64,{data}"}}


def _pieces(response: httpx2.Response) -> Iterator[str]:
    if response.status_code != 200:
        raise SystemExit(f"{response.status_code}: {response.read().decode()[:300]}")
    for line in response.iter_lines():
        if line.startswith("data: {"):
            chunk = json.loads(line[6:])
            if "error" in chunk:
                raise SystemExit(chunk["error"])
            if chunk["choices"] and (text := chunk["choices"][0]["delta"].get("content")):
                yield text


@contextmanager
def connected(arguments: argparse.Namespace) -> Iterator[Server]:
    """The server at ``--url``, or a demo server, behind the line."""
    with ExitStack() as stack:
        url, key, model = arguments.url, os.environ.get(arguments.key_env, ""), arguments.model
        if not url:
            demo = stack.enter_context(serving(DemoOptions(tokens_per_second=0, api_key="demo")))
            url, key = demo.url, demo.key
        megabits, milliseconds = (100_000.0, 0.0) if arguments.no_line else map(float, arguments.line.split(","))
        line = slow_line(url, bits_per_second=megabits * 1e6, delay=milliseconds / 2000)
        yield Server(stack.enter_context(line), key, model)


def report(kind: str, mine: Sequence[Turn], theirs: Sequence[Turn]) -> None:
    print(f"\n{kind}: turn | ours: kB, s to first text | the guide's way: kB, s | ratio of bytes, of seconds")
    for number, (one, other) in enumerate(zip(mine, theirs, strict=True), 1):
        print(
            f"{number} | {one.sent / 1e3:9.1f} {one.first:7.2f} | {other.sent / 1e3:9.1f} {other.first:7.2f}"
            f" | {one.sent / other.sent:.5f} {one.first / other.first:.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=[*KINDS], choices=[*KINDS])
    parser.add_argument("--url", default="")
    parser.add_argument("--key-env", default="BENCHMARK_KEY")
    parser.add_argument("--model", default="")
    parser.add_argument("--line", default="10,40", metavar="MBIT,MS", help="bandwidth, round trip")
    parser.add_argument("--no-line", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["MINICPM_TUI_HOME"] = name
        for kind in arguments.kinds:
            files = make_media(Path(name), KINDS[kind])
            print(f"{kind}: {', '.join(f'{path.stat().st_size / 1e6:.1f} MB' for path in files)}", flush=True)
            with connected(arguments) as server:
                mine = asyncio.run(ours(server, files))
            with connected(arguments) as server:
                theirs = guide(server, files)
            report(kind, mine, theirs)


if __name__ == "__main__":
    main()

"""Requests a second beside vLLM's own clients.

``python -m tests.benchmarks.batch_throughput VLLM URL [COUNT] [CONCURRENCY] [SIZE] [--run-batch MODEL [ARGUMENT...]]``

``VLLM`` is the command of a vLLM that has ``bench serve`` with ``custom_image``, ``URL`` a server that runs; its key is in
``MINICPM_TUI_API_KEY``. ``SIZE`` is ``1280x720`` unless given. Every run gets pictures of its own, because the server remembers
those it has seen; all have the same size, question and number of tokens, and as many requests under way.

With ``--run-batch``, ``vllm run-batch`` answers the same requests too, and so does our ``--offline``;
both load the model themselves, so stop the server before or see that there is room.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
from PIL import Image

from minicpm_tui.backends.address import normalise

TOKENS = 64
ROUNDS = 2
QUESTION = "Describe this picture."


def pictures(count: int, size: tuple[int, int], seed: int) -> Iterator[bytes]:
    """JPEG files that compress as photographs do, none like another."""
    base = Image.effect_noise((size[0] // 8, size[1] // 8), 60 + seed).resize(size).convert("L")
    for number in range(count):
        shifted = base.rotate(number * 360 / count + seed)
        picture = Image.merge("RGB", (shifted, base, Image.effect_noise(size, 8)))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=90)
        yield buffer.getvalue()


def body(model: str, picture: bytes) -> dict[str, object]:
    """The request that all clients send."""
    url = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
    content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": QUESTION}]
    messages = [{"role": "user", "content": content}]
    return {"model": model, "messages": messages, "max_tokens": TOKENS, "ignore_eos": True, "temperature": 0}


class Race:
    """One server, and clients that take turns."""

    def __init__(self, vllm: str, url: str, count: int, concurrency: int, size: tuple[int, int]) -> None:
        self.vllm, self.url = vllm, normalise(url)
        self.count, self.concurrency, self.size = count, concurrency, size
        self.key = os.environ.get("MINICPM_TUI_API_KEY", "")
        listed = httpx2.get(f"{self.url}/v1/models", headers={"Authorization": f"Bearer {self.key}"}, timeout=30).json()
        self.model, self.root = str(listed["data"][0]["id"]), str(listed["data"][0]["root"])
        self._seed = int(time.time()) % 1000

    def fresh(self) -> list[bytes]:
        """Pictures that the server has not seen."""
        self._seed += 1
        return list(pictures(self.count, self.size, self._seed))

    def ours(self, folder: Path) -> float:
        """The very same bodies."""
        table = folder / "in.jsonl"
        lines = (json.dumps({"custom_id": str(n), "body": body(self.model, each)}) + "\n" for n, each in enumerate(self.fresh()))
        table.write_text("".join(lines), encoding="utf-8")
        return self._batch(str(table), folder)

    def ours_from_files(self, folder: Path) -> float:
        """From picture files, which are prepared on the way; the answers end where the model ends them, at the same limit."""
        where = folder / "pictures"
        where.mkdir()
        for number, each in enumerate(self.fresh()):
            (where / f"{number}.jpg").write_bytes(each)
        return self._batch(str(where), folder, "--prompt", QUESTION, "--max-tokens", str(TOKENS), "--temperature", "0")

    def bench_serve(self, folder: Path) -> float:
        table = folder / "bench.jsonl"
        with table.open("w", encoding="utf-8") as file:
            for each in self.fresh():
                content = body(self.model, each)["messages"][0]["content"]  # type: ignore[index]  # it is a list of one message
                file.write(json.dumps({"content": content}) + "\n")
        command = [
            self.vllm, "bench", "serve", "--backend", "openai-chat", "--endpoint", "/v1/chat/completions", "--base-url", self.url,
            "--model", self.model, "--tokenizer", self.root, "--dataset-name", "custom_image", "--dataset-path", str(table),
            "--num-prompts", str(self.count),
            "--max-concurrency", str(self.concurrency), "--custom-output-len", str(TOKENS), "--ignore-eos", "--temperature", "0",
            "--trust-remote-code",
        ]  # fmt: skip
        said = run(command, OPENAI_API_KEY=self.key)
        found = re.search(r"Request throughput \(req/s\):\s+([\d.]+)", said)
        assert found, said[-3000:]
        return float(found[1])

    def _batch(self, source: str, folder: Path, *more: str) -> float:
        where = ["--url", self.url, "--concurrency", str(self.concurrency)]
        return batch(source, folder / f"out-{time.time_ns()}.jsonl", *where, *more)


def batch(source: str, output: Path, *more: str) -> float:
    """Requests a second, as our summary says: without the time to load a model."""
    said = run([sys.executable, "-m", "minicpm_tui", "batch", source, "-o", str(output), *more])
    found = re.search(r"\(([\d.]+) requests/s", said)
    assert found, said[-3000:]
    return float(found[1])


def run(command: list[str], **environ: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env={**os.environ, "LANG": "C.UTF-8", **environ}, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout + done.stderr


def offline(race: Race, model: str, arguments: list[str]) -> None:
    """``run-batch`` and ``--offline`` on the same requests, by the progress that each tells of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "in.jsonl"
        with table.open("w", encoding="utf-8") as file:
            for number, each in enumerate(race.fresh()):
                line = {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions", "body": body(model, each)}
                file.write(json.dumps(line) + "\n")
        said = run([race.vllm, "run-batch", "-i", str(table), "-o", str(folder / "theirs.jsonl"), "--model", model, *arguments])
        rates = re.findall(r"Running batch:.*?\| \d+/\d+ \[.*?([\d.]+)(it/s|s/it)\]", said)
        assert rates, said[-3000:]
        theirs = float(rates[-1][0]) if rates[-1][1] == "it/s" else 1 / float(rates[-1][0])
        engine = [f"{name.lstrip('-')}={value}" for name, value in paired(arguments)]
        flags = [part for setting in engine for part in ("--engine", setting)]
        own = batch(str(table), folder / "ours.jsonl", "--offline", model, *flags)
        print(f"run-batch {theirs:.2f}/s, batch --offline {own:.2f}/s: {own / theirs:.2f}")


def paired(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """``--name value`` and ``--switch`` of vLLM's command line as names and values."""
    for index, argument in enumerate(arguments):
        if argument.startswith("--"):
            following = arguments[index + 1] if index + 1 < len(arguments) else "--"
            yield argument, "true" if following.startswith("--") else following


def main() -> None:
    arguments = sys.argv[1:]
    cut = arguments.index("--run-batch") if "--run-batch" in arguments else len(arguments)
    (vllm, url, *numbers), theirs = arguments[:cut], arguments[cut + 1 :]
    count, concurrency = int(numbers[0]) if numbers else 100, int(numbers[1]) if len(numbers) > 1 else 16
    width, height = (numbers[2] if len(numbers) > 2 else "1280x720").split("x")
    race = Race(vllm, url, count, concurrency, (int(width), int(height)))
    ways: dict[str, Callable[[Path], float]] = {
        "vllm bench serve": race.bench_serve,
        "batch, the same bodies": race.ours,
        "batch, from files": race.ours_from_files,
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _round in range(ROUNDS):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                rates[name].append(way(Path(folder)))
            print(f"{name:24} {rates[name][-1]:8.2f} requests/s", flush=True)
    base = statistics.median(rates["vllm bench serve"])
    for name in list(ways)[1:]:
        print(f"{name} / vllm bench serve: {statistics.median(rates[name]) / base:.2f}")
    if theirs:
        offline(race, theirs[0], theirs[1:])


if __name__ == "__main__":
    main()

"""Requests a second beside vLLM's own clients, on the same requests.

``python -m tests.benchmarks.batch_throughput VLLM MODEL [--count N] [--concurrency N] [--size 1280x720] [--workers 4]
[-- ARGUMENT…]``

``VLLM`` is the command of a vLLM that has ``bench serve`` with ``custom_image``; ``ARGUMENT`` are options for all that load
``MODEL``. They do so one after another, so that one GPU is enough:

- ``server``: ``vllm serve``, asked by ``vllm bench serve``, by ``batch`` with the same bodies and from picture files, in turns
- ``preset``: ``minicpm-tui serve --preset batch``, asked by ``batch`` with as many requests under way as it finds right
- ``run-batch``: ``vllm run-batch``
- ``offline``: ``batch --offline`` with one worker
- ``workers``: ``batch --offline`` with ``--workers`` of them

Every run gets pictures of its own, because a server remembers those it has seen; all have the same size, question and number of
tokens. The last lines are the ratios. Loading a model is never counted.

``… batch_throughput prepare`` needs no vLLM: see ``batch_prepare.py``.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from tests.benchmarks import batch_prepare
from tests.real_vllm.conftest import end, wait_until_ready

TOKENS = 64
ROUNDS = 3
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


@dataclass
class Race:
    """What takes part, and the ``rates`` that were seen, by name."""

    vllm: str
    model: str
    count: int
    concurrency: int
    size: tuple[int, int]
    arguments: list[str]
    workers: int
    rates: dict[str, list[float]] = field(default_factory=dict)
    _seed: int = field(default_factory=lambda: int(time.time()) % 1000)

    def note(self, name: str, rate: float) -> None:
        self.rates.setdefault(name, []).append(rate)
        print(f"{name:24} {rate:8.2f} requests/s", flush=True)

    def rate(self, name: str) -> float:
        """The median; 0 where it did not run."""
        return statistics.median(self.rates.get(name, [0.0]))

    def fresh(self) -> Iterator[bytes]:
        """Pictures that no server has seen."""
        self._seed += 1
        return pictures(self.count, self.size, self._seed)

    def table(self, folder: Path) -> Path:
        """The requests in the OpenAI batch format."""
        path = folder / "in.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number, each in enumerate(self.fresh()):
                line = {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions", "body": body(self.model, each)}
                file.write(json.dumps(line) + "\n")
        return path

    def files(self, folder: Path) -> Path:
        """The pictures as files, which are prepared on the way."""
        where = folder / "pictures"
        where.mkdir()
        for number, each in enumerate(self.fresh()):
            (where / f"{number}.jpg").write_bytes(each)
        return where


def through_server(race: Race) -> None:
    with vllm_serve(race) as (url, key):
        ours = ["--url", url, "--concurrency", str(race.concurrency)]
        environ = {"MINICPM_TUI_API_KEY": key}
        for _round in range(ROUNDS):
            with tempfile.TemporaryDirectory() as name:
                race.note("vllm bench serve", bench_serve(race, Path(name), url, key))
                race.note("batch, the same bodies", batch(race.table(Path(name)), *ours, **environ))
                # their answers end where the model ends them, at the same limit
                asked = ["--prompt", QUESTION, "--max-tokens", str(TOKENS), "--temperature", "0"]
                race.note("batch, from files", batch(race.files(Path(name)), *ours, *asked, **environ))


def through_preset(race: Race) -> None:
    command = [sys.executable, "-m", "minicpm_tui", "serve", race.model, "--preset", "batch", "--detach", "--json"]
    started = subprocess.run([*command, *race.arguments], stdout=subprocess.PIPE, check=True).stdout
    server = json.loads(started)
    try:
        with tempfile.TemporaryDirectory() as name:
            race.note("batch, --preset batch", batch(race.table(Path(name)), "--url", server["url"], "--model", server["model"]))
    finally:
        run([sys.executable, "-m", "minicpm_tui", "servers", "stop", server["id"]])


def run_batch(race: Race) -> None:
    with tempfile.TemporaryDirectory() as name:
        table = race.table(Path(name))
        output = str(table.with_suffix(".theirs"))
        said = run([race.vllm, "run-batch", "-i", str(table), "-o", output, "--model", race.model, *race.arguments])
    found = re.findall(r"Running batch:.*?\| \d+/\d+ \[.*?([\d.]+) ?(\w+)/(\w+)\]", said)
    assert found, said[-3000:]
    figure, _unit, per = found[-1]  # 4.01req/s, or 1.20s/req where they are slow
    race.note("vllm run-batch", float(figure) if per == "s" else 1 / float(figure))


def offline(race: Race) -> None:
    without_server(race, "batch --offline", 1)


def several(race: Race) -> None:
    without_server(race, "batch --offline --workers", race.workers)


def without_server(race: Race, name: str, workers: int) -> None:
    engine = [part for name, value in paired(race.arguments) for part in ("--engine", f"{name.lstrip('-')}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        words = ("--offline", race.model, "--workers", str(workers), *engine)
        race.note(name, batch(race.table(Path(folder)), *words))


WAYS = {"server": through_server, "preset": through_preset, "run-batch": run_batch, "offline": offline, "workers": several}
RATIOS = (
    ("batch, the same bodies", "vllm bench serve"),
    ("batch, from files", "vllm bench serve"),
    ("batch, --preset batch", "vllm run-batch"),
    ("batch --offline", "vllm run-batch"),
    ("batch --offline --workers", "vllm run-batch"),
)


@contextlib.contextmanager
def vllm_serve(race: Race) -> Iterator[tuple[str, str]]:
    """The URL and key of a ``vllm serve`` that is gone afterwards."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    url, key = f"http://127.0.0.1:{port}", secrets.token_hex(8)
    command = [race.vllm, "serve", race.model, "--host", "127.0.0.1", "--port", str(port), *race.arguments]
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "VLLM_API_KEY": key}, start_new_session=True
        )
        try:
            wait_until_ready(url, process, Path(log.name))
            yield url, key
        finally:
            end(process)


def bench_serve(race: Race, folder: Path, url: str, key: str) -> float:
    table = folder / "bench.jsonl"
    with table.open("w", encoding="utf-8") as file:
        for each in race.fresh():
            content = body(race.model, each)["messages"][0]["content"]  # type: ignore[index]  # it is a list of one message
            file.write(json.dumps({"content": content}) + "\n")
    command = [
        race.vllm, "bench", "serve", "--backend", "openai-chat", "--endpoint", "/v1/chat/completions", "--base-url", url,
        "--model", race.model, "--dataset-name", "custom_image", "--dataset-path", str(table), "--num-prompts", str(race.count),
        "--max-concurrency", str(race.concurrency), "--custom-output-len", str(TOKENS), "--ignore-eos", "--temperature", "0",
        "--trust-remote-code",
    ]  # fmt: skip
    said = run(command, OPENAI_API_KEY=key)
    found = re.search(r"Request throughput \(req/s\):\s+([\d.]+)", said)
    assert found, said[-3000:]
    return float(found[1])


def batch(source: Path, *more: str, **environ: str) -> float:
    """Requests a second, as our summary says: from the first request to the last answer."""
    output = source.parent / f"out-{time.time_ns()}.jsonl"
    said = run([sys.executable, "-m", "minicpm_tui", "batch", str(source), "-o", str(output), *more], **environ)
    found = re.search(r"\(([\d.]+) requests/s", said)
    assert found, said[-3000:]
    return float(found[1])


def run(command: list[str], **environ: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env={**os.environ, "LANG": "C.UTF-8", **environ}, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout + done.stderr


def paired(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """``--name value``, ``--name=value`` and ``--switch`` of vLLM's command line as names and values."""
    for index, argument in enumerate(arguments):
        if argument.startswith("--"):
            name, equals, value = argument.partition("=")
            following = arguments[index + 1] if index + 1 < len(arguments) else "--"
            yield name, value if equals else "true" if following.startswith("--") else following


def main() -> None:
    if sys.argv[1:2] == ["prepare"]:
        batch_prepare.main(sys.argv[2:])
        return
    words = [*sys.argv[1:], "--"]
    own, more = words[: words.index("--")], words[words.index("--") + 1 : -1]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vllm")
    parser.add_argument("model")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    chosen = parser.parse_args(own)
    width, height = chosen.size.split("x")
    race = Race(chosen.vllm, chosen.model, chosen.count, chosen.concurrency, (int(width), int(height)), more, chosen.workers)
    with tempfile.TemporaryDirectory() as home:
        config = Path(home) / "config" / "config.toml"
        config.parent.mkdir()
        config.write_text(f"vllm_command = {json.dumps(race.vllm)}\n", encoding="utf-8")
        os.environ["MINICPM_TUI_HOME"] = home
        for way in chosen.ways:
            try:
                WAYS[way](race)
            except (AssertionError, OSError, subprocess.CalledProcessError, pytest.fail.Exception) as error:
                print(f"{way} failed: {error}", flush=True)
    for ours, theirs in RATIOS:
        if race.rate(ours) and race.rate(theirs):
            print(f"{ours} / {theirs}: {race.rate(ours) / race.rate(theirs):.2f}")


if __name__ == "__main__":
    main()

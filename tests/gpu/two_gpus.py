"""On a machine with two GPUs and vLLM: one model over both, two servers side by side, a batch over both, one without a server.

``python -m tests.gpu.two_gpus MODEL [options of serve]``. Prints a line for each check with its seconds, and at the end what
failed; exit status 1 then. The last check needs Ray in vLLM's environment; without it that one is told as not run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from minicpm_tui.batch.vllm.start import interpreter
from minicpm_tui.servers import gpus, processes, registry

_PICTURES = 64


def cli(*words: str) -> tuple[int, Any, str]:
    """Exit status of the command, the JSON that it prints, and its stderr."""
    done = subprocess.run([sys.executable, "-m", "minicpm_tui", *words], capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.strip().startswith(("{", "[")) else None, done.stderr


def started(*words: str) -> dict[str, Any]:
    """A server that is ready. Raises AssertionError with what was said."""
    code, server, err = cli("serve", *words, "--detach", "--json")
    assert code == 0, err[-2000:]
    assert isinstance(server, dict)
    return server


def stop(server: dict[str, Any]) -> None:
    """Stop it; nothing of it may be left."""
    record = registry.find_record(server["id"])
    assert cli("servers", "stop", server["id"])[0] == 0
    assert processes.members(record.group, record.id, Path(record.log)) == []


def one_model_over_both(model: str, options: list[str], folder: Path) -> str:
    """``serve --gpus 0,1 -tp 2``: both hold a part of it, and it answers about a picture."""
    server = started(model, "--gpus", "0,1", "-tp", "2", *options)
    try:
        used = [gpu.memory_used for gpu in gpus.gpus()[:2]]
        assert min(used) > max(used) * 0.5, used
        words = ("ask", "What is this?", "-f", str(folder / "0.png"), "--no-save", "--json", "--url", server["url"])
        code, answer, err = cli(*words)
        assert (code, bool(answer and answer["text"])) == (0, True), err
        return f"{answer['first_token_seconds']:.2f} s to the first token"
    finally:
        stop(server)


def a_batch_over_two_servers(model: str, options: list[str], folder: Path) -> str:
    """Two servers on one box, each on its own GPU; both take part in a batch, which is quicker than on one."""
    servers: list[dict[str, Any]] = []
    try:
        servers.append(started(model, "--gpus", "0", "--preset", "batch", *options))
        servers.append(started(model, "--gpus", "1", "--preset", "batch", *options))
        assert len({server["url"] for server in servers}) == 2
        alone = batch(folder, "one", "--url", servers[0]["url"])
        both = batch(folder, "two", *[word for server in servers for word in ("--url", server["url"])])
        busy = [cli("servers", "status", server["id"], "--json")[1] for server in servers]
        assert all(status["ttft_p50_seconds"] for status in busy), "a server had no request"
        return f"{alone:.0f} s on one, {both:.0f} s on both"
    finally:
        for server in servers:
            stop(server)


def a_batch_without_a_server(model: str, options: list[str], folder: Path) -> str:
    """``--offline --ray``: one worker a GPU."""
    del options
    python, _version = interpreter("")
    if subprocess.run([python, "-c", "import ray"], check=False, capture_output=True).returncode:
        return "not run: vLLM's environment has no Ray"
    return f"{batch(folder, 'offline', '--offline', model, '--ray', '--actors', '2'):.0f} s"


def a_batch_with_a_worker_on_each_gpu(model: str, options: list[str], folder: Path) -> str:
    """``--offline`` takes both GPUs by itself, and is quicker than on one."""
    del options
    alone = batch(folder, "alone", "--offline", model, "--workers", "1")
    return f"{alone:.0f} s on one, {batch(folder, 'each', '--offline', model, '--workers', '2'):.0f} s on both, loading included"


def batch(folder: Path, name: str, *words: str) -> float:
    """Seconds that a batch about all pictures takes; each line must have its answer."""
    output = folder / f"{name}.jsonl"
    began = time.monotonic()
    prompt = f"{name}: describe {{name}}."  # another question, so that nothing comes from a cache of prefixes
    code, _json, err = cli("batch", str(folder), "--prompt", prompt, "-o", str(output), "--max-tokens", "32", *words)
    seconds = time.monotonic() - began
    assert code == 0, err[-2000:]
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == _PICTURES
    assert all(line["text"] and not line["error"] for line in lines)
    return seconds


CHECKS: tuple[Callable[[str, list[str], Path], str], ...] = (
    one_model_over_both,
    a_batch_over_two_servers,
    a_batch_with_a_worker_on_each_gpu,
    a_batch_without_a_server,
)


def main(arguments: list[str]) -> int:
    """See the module's text."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    if len(gpus.gpus()) < 2:
        print("this machine has fewer than two GPUs", file=sys.stderr)
        return 1
    failed = []
    with tempfile.TemporaryDirectory() as name:
        for number in range(_PICTURES):
            noise = Image.effect_noise((1280, 720), 40 + number)
            noise.convert("RGB").save(Path(name) / f"{number}.png", compress_level=1)
        for check in CHECKS:
            began = time.monotonic()
            try:
                said = check(arguments[0], arguments[1:], Path(name))
            except AssertionError as error:
                failed.append(check.__name__)
                said = f"FAILED: {error}"
            print(f"{check.__name__} ({time.monotonic() - began:.0f} s): {said}", flush=True)
    print("failed: " + (", ".join(failed) or "none"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

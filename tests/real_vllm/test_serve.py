"""``serve`` and ``servers`` with the real vLLM: found again after a crash, chatted with, stopped without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.servers import launch, processes, registry
from minicpm_tui.servers.watch import Watcher

SMALL = (
    "--max-model-len", "2048", "--max-num-batched-tokens", "2048", "--gpu-memory-utilization", "0.1", "--enforce-eager",
)  # fmt: skip


@pytest.fixture(autouse=True)
def around(real_vllm_bin: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """vLLM on PATH, offline; whatever still runs is stopped."""
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{real_vllm_bin.parent}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("VLLM_NO_USAGE_STATS", "1")
    yield
    for server in registry.servers():
        launch.stop(server.id)


def cli(*words: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", "minicpm_tui", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def listed() -> list[dict[str, Any]]:
    found = json.loads(cli("servers", "--json")[1])
    assert isinstance(found, list)
    return found


def living(group: int) -> list[int]:
    """Processes of that group that are no zombies."""
    stats = (processes.stat(pid) for pid in processes.all_pids())
    return [found.pid for found in stats if found and found.group == group and found.state not in "ZX"]


def test_it_outlives_our_program_is_found_again_and_stopped(real_checkpoint: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "minicpm_tui", "serve", str(real_checkpoint), *SMALL], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        program.kill()
    (found,) = listed()
    assert (found["url"], found["state"], found["model"]) == (url, "ready", str(real_checkpoint))
    code, answer = cli("ask", "hello", "--no-save", "--max-tokens", "8", "--json")
    assert (code, json.loads(answer)["usage"]["completion_tokens"] > 0) == (0, True)
    status = json.loads(cli("servers", "status", found["id"], "--json")[1])
    assert status["running"] == 0
    assert status["ttft_p50_seconds"] > 0
    stages = json.loads(cli("servers", "explain", found["log"], "--json")[1])
    assert [stage["name"] for stage in stages["stages"]] == ["resolve", "weights", "kv_cache", "ready"]
    assert len(living(found["pid"])) >= 3
    assert cli("servers", "stop", found["id"])[0] == 0
    assert living(found["pid"]) == []
    assert listed() == []


def test_the_death_of_the_main_process_is_noticed_and_its_orphans_are_ended(real_checkpoint: Path) -> None:
    code, out = cli("serve", str(real_checkpoint), *SMALL, "--detach", "--json")
    assert code == 0
    server = registry.find(json.loads(out)["id"])
    with Watcher(server) as watcher:
        while watcher.poll().state != "ready":
            pass
        os.kill(server.pid, signal.SIGKILL)
        began = time.monotonic()
        while watcher.poll().state != "failed":
            pass
        assert time.monotonic() - began < 2
    assert living(server.pid) == []

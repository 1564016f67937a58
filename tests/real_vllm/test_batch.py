"""Batches through a real server, and through vLLM itself from an environment that does not have it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from minicpm_tui.batch.output.jsonl import read_results
from tests.batch.conftest import batch, fill_folder, results
from tests.real_vllm.conftest import ENGINE
from tests.waiting import wait_for

COUNT = 200
DEADLINE = 600.0


@pytest.fixture
def offline(home: Path, real_vllm_bin: Path, real_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> Sequence[str]:
    """The flags that ask vLLM itself, with settings that fit the CPU."""
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'vllm_command = "{real_vllm_bin}"\n')
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("VLLM_NO_USAGE_STATS", "1")
    flags = ["--offline", str(real_checkpoint), "--max-tokens", "8"]
    return [*flags, *(part for setting in ENGINE for part in ("--engine", setting))]


def test_two_hundred_pictures_with_a_kill_in_between(
    tmp_path: Path, real_url: str, real_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINICPM_TUI_API_KEY", real_key)
    folder, output = fill_folder(tmp_path / "pictures", COUNT), tmp_path / "out.jsonl"
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    run = [str(folder), "--prompt", "What?", "--max-tokens", "8", "-o", str(output), "--url", real_url, "--resume"]
    process = subprocess.Popen([sys.executable, "-m", "minicpm_tui", "batch", *run])
    wait_for(lambda: process.poll() is not None or (output.exists() and output.read_bytes().count(b"\n") >= COUNT // 3), DEADLINE)
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert batch(*run) == 1
    found = results(output)
    assert set(found) == {"bad.jpg", *(f"p{number:05}.png" for number in range(COUNT))}
    assert [name for name, result in found.items() if result.error] == ["bad.jpg"]
    assert all(result.usage and result.usage.completion_tokens <= 8 for name, result in found.items() if name != "bad.jpg")


def test_offline_one_picture_several_and_a_batch(tmp_path: Path, offline: Sequence[str]) -> None:
    """The guide's three variants in one run, and requests that vLLM refuses among them."""
    fill_folder(tmp_path, 3)
    lines = [
        {"id": "one", "text": "What?", "files": ["p00000.png"]},
        {"id": "several", "text": "Compare.", "files": ["p00000.png", "p00001.png", "p00002.png"]},
        {"id": "text", "text": "Hello"},
        {"id": "too long", "text": "word " * 5000},
        {"id": "missing", "text": "What?", "files": ["nowhere.png"]},
        *({"id": f"batch {number}", "text": "What?", "files": [f"p{number % 3:05}.png"]} for number in range(20)),
    ]
    table, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    table.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert batch(table, "-o", output, *offline) == 1
    found = results(output)
    assert len(found) == len(lines)
    assert {name for name, result in found.items() if result.error} == {"too long", "missing"}
    one, several = found["one"].usage, found["several"].usage
    assert one is not None
    assert several is not None
    assert several.prompt_tokens > one.prompt_tokens + 100
    assert one.completion_tokens <= 8


def test_offline_a_start_that_fails_is_explained(
    tmp_path: Path, offline: Sequence[str], capfd: pytest.CaptureFixture[str]
) -> None:
    fill_folder(tmp_path / "in", 1)
    assert (
        batch(
            tmp_path / "in",
            "-o",
            tmp_path / "out.jsonl",
            "--prompt",
            "What?",
            *offline,
            "--engine",
            f"kv_cache_memory_bytes={10**15}",
        )
        == 1
    )
    said = capfd.readouterr().err
    assert "memory" in said.lower()
    assert "Traceback" not in said
    assert not list(read_results(tmp_path / "out.jsonl"))

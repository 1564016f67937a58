"""A batch on Ray: two actors of the real vLLM on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.batch.conftest import batch, fill_folder, results
from tests.real_vllm.conftest import ENGINE
from tests.real_vllm.install import RAY

COUNT = 60


def test_two_actors_and_going_on(
    home: Path, tmp_path: Path, real_vllm_bin: Path, real_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = real_vllm_bin.parents[1] / RAY
    assert ray.is_dir(), "the installer of the real vLLM puts Ray there"
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'vllm_command = "{real_vllm_bin}"\n')
    for name, value in {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "PYTHONPATH": str(ray)}.items():
        monkeypatch.setenv(name, value)
    folder, output = fill_folder(tmp_path / "in", COUNT), tmp_path / "out.jsonl"
    engine = [part for setting in ENGINE for part in ("--engine", setting)]
    run = [
        folder,
        "-o",
        output,
        "--prompt",
        "What?",
        "--max-tokens",
        "8",
        "--offline",
        real_checkpoint,
        *engine,
        "--actors",
        "2",
        "--ray=",
        "--resume",
    ]
    assert batch(*run) == 0
    assert len(results(output)) == COUNT
    lines = output.read_bytes().splitlines(keepends=True)
    output.write_bytes(b"".join(lines[: COUNT - 5]) + lines[-1][:30])
    assert batch(*run) == 0
    found = results(output)
    assert set(found) == {f"p{number:05}.png" for number in range(COUNT)}
    assert not [result.id for result in found.values() if result.error]
    log = max((home / "state" / "logs").glob("batch-*.log"), key=lambda path: path.stat().st_mtime)
    assert "Answerer" in log.read_text(errors="replace")

"""A batch without a server over several vLLM processes: where they go, and that they share the work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.batch.vllm.placement import Place, places
from minicpm_tui.errors import UsageError
from minicpm_tui.families import by_id
from minicpm_tui.servers import gpus
from minicpm_tui.servers.gpus import Gpu
from tests.batch.conftest import MODEL, batch, results
from tests.servers.test_estimate import V26

GIB = 1 << 30
FAMILY = by_id("minicpm-v-2.6")


def test_two_workers_share_the_requests_and_have_a_log_each(
    kind: pytest.MonkeyPatch, home: Path, table: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    meeting, output = tmp_path / "meeting", tmp_path / "out.jsonl"
    meeting.mkdir()
    kind.setenv("FAKE_VLLM_MEETING", str(meeting))
    assert batch(table, "-o", output, "--offline", MODEL, "--workers", 2) == 0
    assert len(results(output)) == 200
    assert len(list(meeting.iterdir())) == 2
    assert len(list((home / "state" / "logs").iterdir())) == 2
    assert "2 vLLM workers side by side" in capfd.readouterr().err


def test_data_parallel_means_as_many_workers(kind: pytest.MonkeyPatch, table: Path, tmp_path: Path) -> None:
    meeting, output = tmp_path / "meeting", tmp_path / "out.jsonl"
    meeting.mkdir()
    kind.setenv("FAKE_VLLM_MEETING", str(meeting))
    assert batch(table, "-o", output, "--offline", MODEL, "--engine", "data_parallel_size=2") == 0
    assert len(results(output)) == 200
    assert "data_parallel_size" not in next(iter(results(output).values())).text


@pytest.mark.parametrize("size", ["x", "0", "-1", "1.5"])
def test_what_is_no_number_of_workers_is_refused(
    kind: pytest.MonkeyPatch, table: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], size: str
) -> None:
    asked = ("--offline", MODEL, "--engine", f"data_parallel_size={size}")
    assert batch(table, "-o", tmp_path / "out.jsonl", *asked) == 2
    assert f"“{size}” is not a number of engines" in capfd.readouterr().err


def test_where_one_worker_does_not_start_the_other_answers_all(
    kind: pytest.MonkeyPatch, table: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.jsonl"
    kind.setenv("FAKE_VLLM", "one broken")
    kind.setenv("FAKE_VLLM_FIRST", str(tmp_path / "first"))
    assert batch(table, "-o", output, "--offline", MODEL, "--workers", 2) == 0
    assert len(results(output)) == 200
    assert "a worker did not start" in capfd.readouterr().err


def gpu(index: int, free: float = 139, total: float = 140) -> Gpu:
    return Gpu(index, f"GPU-{index}", "a GPU", int((total - free) * GIB), int(total * GIB))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``places`` for an 8B model on the GPUs that are given."""
    (tmp_path / "config.json").write_text(json.dumps(V26))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    def placed(found: Sequence[Gpu], requests: int, asked: int = 0, *, version: str = "0.25.1", **engine: Any) -> list[Place]:
        monkeypatch.setattr(gpus, "gpus", lambda **_options: list(found))
        settings = {"max_model_len": 8192, **engine}
        return places(asked, tmp_path, FAMILY, settings, requests, version)

    return placed


def on(found: list[Place]) -> list[str]:
    """The GPUs of each."""
    return [place.environ.get("CUDA_VISIBLE_DEVICES", "") for place in found]


def test_a_small_run_has_one_worker_on_the_freest_gpu(place: Any) -> None:
    assert on(place([gpu(0, free=100), gpu(1)], 50)) == ["1"]
    assert on(place([], 50_000)) == [""]


def test_a_large_run_takes_every_gpu_that_has_room(place: Any) -> None:
    assert on(place([gpu(0), gpu(1, free=3), gpu(2)], 900)) == ["0", "2"]
    assert on(place([gpu(0, free=3)], 900)) == ["0"]  # vLLM says what is missing


def test_workers_that_share_a_gpu_leave_room_for_each_other(place: Any) -> None:
    assert on(place([gpu(0)], 10_000)) == ["0"]
    found = place([gpu(0)], 10_000, 4)
    assert on(found) == ["0"] * 4
    pictures = 18 * GIB / 16384  # for each token of a step
    held = sum(
        each.engine["kv_cache_memory_bytes"] + 16 * GIB + each.engine["max_num_batched_tokens"] * pictures for each in found
    )
    assert held < 140 * GIB
    assert sum(each.engine["gpu_memory_utilization"] for each in found) <= 0.9
    with pytest.raises(UsageError, match="no room for 6 workers"):
        place([gpu(0)], 10_000, 6)
    with pytest.raises(UsageError, match="no room for 3 workers"):
        place([gpu(0)], 10_000, 3, max_num_batched_tokens=16384)
    with pytest.raises(UsageError, match="no room for 2 workers"):
        place([gpu(0, free=23, total=24)], 10_000, 2)


def test_so_many_as_are_asked_for_are_spread_over_the_gpus(place: Any) -> None:
    assert sorted(on(place([gpu(0), gpu(1)], 10, 4))) == ["0", "0", "1", "1"]
    assert sorted(on(place([gpu(0), gpu(1)], 10, 3))) == ["0", "0", "1"]
    assert on(place([], 10, 2)) == ["", ""]
    with pytest.raises(UsageError, match="1 worker at most"):
        place([gpu(0)], 10, 2, version="0.10.1")


def test_a_model_over_two_gpus_keeps_them_together(place: Any) -> None:
    found = place([gpu(number) for number in range(4)], 900, tensor_parallel_size=2)
    assert on(found) == ["0,1", "2,3"]


def test_gpus_that_are_hidden_stay_alone(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = place([gpu(0), gpu(1)], 900)
    assert on(found) == ["0", "1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert on(place([gpu(0), gpu(1)], 900)) == ["1"]


def test_each_worker_on_a_gpu_prepares_in_one_thread(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert [each.environ.get("OMP_NUM_THREADS") for each in place([gpu(0)], 10, 2)] == ["1", "1"]
    assert "OMP_NUM_THREADS" not in place([], 10)[0].environ  # threads are what computes there
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert "OMP_NUM_THREADS" not in place([gpu(0)], 10)[0].environ  # the user's own


def test_a_share_of_the_users_own_is_divided(place: Any) -> None:
    found = place([gpu(0)], 10, 2, gpu_memory_utilization=0.6)
    assert [each.engine["gpu_memory_utilization"] for each in found] == [0.3, 0.3]


@pytest.mark.parametrize(("version", "share"), [("0.25.1", 0.45), ("0.30.0", 0.46)])
def test_the_share_that_is_divided_is_that_of_the_version(place: Any, version: str, share: float) -> None:
    found = place([gpu(0)], 10, 2, version=version)
    assert [each.engine["gpu_memory_utilization"] for each in found] == [share, share]

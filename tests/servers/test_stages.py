"""Stages and progress from logs of several versions, in pieces of any size."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.servers.loglines import LINE_LIMIT, LineSplitter
from minicpm_tui.servers.stages import LogReader

LOGS = Path(__file__).parent / "logs"

OLD = """INFO 02-10 12:00:00 api_server.py:840] vLLM API server version 0.7.1
INFO 02-10 12:00:08 config.py:526] This model supports multiple tasks
INFO 02-10 12:00:12 llm_engine.py:232] Initializing a V0 LLM engine (v0.7.1) with config: model='m', Starting to load model
INFO 02-10 12:00:20 model_runner.py:1110] Starting to load model openbmb/MiniCPM-V-2_6...
\rLoading safetensors checkpoint shards:  50% Completed | 2/4 [00:01<00:01,  1.2it/s]
INFO 02-10 12:00:30 model_runner.py:1115] Loading model weights took 15.2 GB
INFO 02-10 12:00:42 executor_base.py:110] # CUDA blocks: 5000, # CPU blocks: 4681
INFO 02-10 12:00:45 model_runner.py:1434] Capturing cudagraphs for decoding. This may lead to unexpected consequences
\rCapturing CUDA graph shapes:  40%|####      | 14/35 [00:06<00:09,  2.30it/s]
\rCapturing CUDA graph shapes: 100%|##########| 35/35 [00:15<00:00]
INFO 02-10 12:01:00 model_runner.py:1562] Graph capturing finished in 15 secs, took 0.26 GiB
INFO 02-10 12:01:02 launcher.py:19] Available routes are:
INFO:     Application startup complete.
INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)
"""


def read(data: bytes, size: int = 1 << 20) -> LogReader:
    reader = LogReader()
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    reader.finish()
    return reader


def test_a_start_on_a_gpu() -> None:
    reader = read((LOGS / "ready-0.25-gpu.log").read_bytes())
    assert reader.state == "ready"
    assert [(stage.name, stage.seconds) for stage in reader.stages] == [
        ("resolve", 76.0),
        ("weights", 11.0),
        ("compile", 20.0),
        ("kv_cache", 4.0),
        ("graphs", 1.0),
        ("media", 66.0),
        ("ready", 0.0),
    ]
    assert all(stage.done and stage.progress == 1.0 for stage in reader.stages)


def test_a_start_without_compilation_has_no_such_stage() -> None:
    names = [stage.name for stage in read((LOGS / "engine-dead.log").read_bytes()).stages]
    assert names == ["resolve", "weights", "kv_cache", "ready"]


def test_an_orderly_end() -> None:
    assert read((LOGS / "exited-0.32-cpu.log").read_bytes()).state == "exited"


def test_an_old_version() -> None:
    reader = read(OLD.encode())
    assert [(stage.name, stage.seconds) for stage in reader.stages] == [
        ("resolve", 20.0),
        ("weights", 22.0),
        ("kv_cache", 3.0),
        ("graphs", 15.0),
        ("ready", 2.0),
    ]
    assert reader.state == "ready"


def test_progress_comes_from_the_bars() -> None:
    data = OLD.encode()
    weights = read(data[: data.index(b"INFO 02-10 12:00:30")])
    assert (weights.current, weights.stages[-1].progress) == ("weights", 0.5)
    graphs = read(data[: data.index(b"\rCapturing CUDA graph shapes: 100%")] + b"\n")
    assert (graphs.current, graphs.stages[-1].progress) == ("graphs", 0.4)


@pytest.mark.parametrize("name", ["ready-0.25-gpu.log", "engine-dead.log", "memory.log"])
@given(size=st.integers(1, 700))
def test_the_size_of_the_pieces_does_not_matter(name: str, size: int) -> None:
    data = (LOGS / name).read_bytes()[:9000]
    assert read(data, size).stages == read(data).stages


def test_line_numbers_count_newlines_not_bars() -> None:
    lines = LineSplitter().feed(b"one\na\rb\rthree\r\n\x1b[31mfour\x1b[0m\n")
    assert [(line.number, line.text, line.bar) for line in lines if not line.bar] == [
        (1, "one", False),
        (2, "three", False),
        (3, "four", False),
    ]


@given(st.binary(max_size=3000), st.integers(1, 50))
def test_garbage_neither_fails_nor_reaches_the_terminal(data: bytes, size: int) -> None:
    reader = LogReader()
    for start in range(0, len(data), size):
        for line in reader.feed(data[start : start + size]):
            assert not any(ord(character) < 32 and character != "\t" for character in line.text)
    reader.finish()


def test_a_line_of_five_megabytes_is_remembered_in_part_only() -> None:
    splitter = LineSplitter()
    for _ in range(5 * 16):
        splitter.feed(b"x" * (1 << 16))
    (line,) = splitter.feed(b"\n")
    assert len(line.text) == LINE_LIMIT

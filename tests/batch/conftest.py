"""Small pictures, and the batch command as a function."""

from __future__ import annotations

import json
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.batch.output.jsonl import read_results
from minicpm_tui.batch.records import Result
from minicpm_tui.cli.main import run as run_cli

Batch = Callable[..., int]

ASK = ("--prompt", "What is it?")
FAKE = Path(__file__).parent / "fake_vllm"
MODEL = "openbmb/MiniCPM-V-2_6"


def png(number: int, width: int = 8, height: int = 6) -> bytes:
    """A plain picture whose colour is ``number``."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes(((number * 7) % 256, (number * 13) % 256, number % 256)) * width
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")


def fill_folder(folder: Path, count: int) -> Path:
    """``p00000.png`` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"p{number:05}.png").write_bytes(png(number))
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Five pictures in a folder."""
    return fill_folder(tmp_path / "pictures", 5)


def batch(*arguments: Any) -> int:
    """``minicpm-tui batch …``; the exit status."""
    return run_cli(["batch", *map(str, arguments)])


def results(output: Path) -> dict[str, Result]:
    """The lines of an output by id; fails when an id is there twice."""
    found: dict[str, Result] = {}
    for result in read_results(output):
        assert result.id not in found, f"{result.id} is there twice"
        found[result.id] = result
    return found


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


@pytest.fixture
def kind(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that has the stand-in; its command is named in config.toml."""
    command = tmp_path / "bin" / "vllm"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\n")
    command.chmod(0o755)
    (command.parent.parent / "lib" / "python3" / "site-packages" / "vllm-0.32.0.dist-info").mkdir(parents=True)
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'vllm_command = "{command}"\n')
    monkeypatch.setenv("PYTHONPATH", str(FAKE))
    return monkeypatch


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """200 questions: enough for two workers."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"id": str(number), "text": "x"}) + "\n" for number in range(200)))
    return path

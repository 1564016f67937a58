"""Disks that are full and folders that are read-only: what is safe is said, and what holds nothing is gone."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.batch.output import csv_table, sidecars
from minicpm_tui.batch.output.jsonl import Output
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.files import storage_errors, write_durably
from tests.batch.conftest import ASK, batch, results

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=0, reply="A picture.")) as demo:
        yield demo


def test_a_table_that_finds_no_room_leaves_the_answers_and_says_so(
    server: DemoServer,
    pictures: Path,
    output: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    tables = tmp_path / "tables"
    tables.mkdir()
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--csv", tables / "out.csv")

    def full(*_: object) -> None:
        raise FULL

    with monkeypatch.context() as patch:
        patch.setattr(csv_table, "_record", full)
        assert batch(*run) == 1
    said = capfd.readouterr().err
    assert "5 answered" in said
    assert "No space left" in said
    assert "--resume writes the table" in said
    assert not list(tables.iterdir())
    assert batch(*run, "--resume") == 0
    assert (tables / "out.csv").exists()


@pytest.mark.parametrize("written", [0, 2])
def test_an_output_that_finds_no_room_says_what_is_saved(
    server: DemoServer,
    pictures: Path,
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    written: int,
) -> None:
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--concurrency", 1)
    append = Output._append

    def filling(self: Output, lines: bytes) -> None:
        if output.read_bytes().count(b"\n") >= written:
            raise FULL
        append(self, lines)

    with monkeypatch.context() as patch:
        patch.setattr(Output, "_append", filling)
        assert batch(*run) == 1
    said = capfd.readouterr().err
    assert "No space left" in said
    assert ("--resume continues" in said) == ("answered in" in said) == bool(written)
    assert [path.name for path in output.parent.glob("*out.jsonl*")] == [] or written
    assert batch(*run, *(["--resume"] if written else [])) == 0
    assert len(results(output)) == 5


def test_a_folder_that_takes_no_sidecars_is_refused_before_anything_is_made(
    pictures: Path, output: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != pictures and access(path, mode))
    assert batch(pictures, *ASK, "-o", output, "--demo", "--sidecar", "txt") == 1
    assert "leave out --sidecar, or make the folder writable" in capfd.readouterr().err
    assert not list(output.parent.glob("*out.jsonl*"))


@pytest.mark.parametrize("written", [0, 2])
def test_sidecars_that_find_no_room_leave_what_is_said(
    server: DemoServer,
    pictures: Path,
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    written: int,
) -> None:
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--concurrency", 1, "--sidecar", "txt")

    def filling(path: Path, *data: Any, **settings: Any) -> None:
        with storage_errors(path):
            if output.read_bytes().count(b"\n") >= written:
                raise FULL
        write_durably(path, *data, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(sidecars, "write_durably", filling)
        assert batch(*run) == 1
    said = capfd.readouterr().err
    assert "No space left" in said
    assert "--resume continues" in said
    assert ("the answers so far are saved" in said) == bool(written)
    assert ("no answer is saved yet" in said) == (not written)
    assert batch(*run, "--resume") == 0
    assert len(results(output)) == len(list(pictures.glob("*.txt"))) == 5

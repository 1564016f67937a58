"""A session takes as much memory as what was said in it, not as much as its journal."""

from __future__ import annotations

import io
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from minicpm_tui.sessions import Journal, ids
from minicpm_tui.sessions.events import AnyEvent
from minicpm_tui.sessions.export import export
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.journal_reader import follow
from minicpm_tui.sessions.library import Library
from minicpm_tui.sessions.lines import LONGEST, Overlong, lines
from minicpm_tui.sessions.summary import summarise

_LINES, _PIECES = 1000, 50


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """The folder of one with a long reply that came in small pieces."""
    folder = tmp_path / "sessions" / ids.new_id()
    folder.mkdir(parents=True)
    asked = {"kind": "message", "t": 0.0, "id": "q", "parent": None, "role": "user", "content": [{"type": "text", "text": "?"}]}
    begun = {"kind": "message", "t": 0.0, "id": "a", "parent": "q", "role": "assistant", "content": []}
    pieces = {"kind": "delta", "t": 0.5, "id": "a", "pieces": [[0.01, "content", f"{n:02} "] for n in range(_PIECES)]}
    end = {"kind": "end", "t": 0.0, "id": "a", "finish_reason": "stop", "usage": None}
    header = {"format": "minicpm-tui-session", "version": 1, "id": folder.name, "created": "2025-01-01T00:00:00Z"}
    lines = [header, {**asked, "at": ""}, {**begun, "at": ""}, *[pieces] * _LINES, end]
    (folder / ids.JOURNAL).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def peak(work: Callable[[], object]) -> int:
    """Bytes that Python took at most for ``work``."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


_HOLE = 300 << 20


def with_hole(journal: Path, *, last: int) -> int:
    """Put zeros without end, which take no room on the disk, before the ``last`` lines; the size of the whole."""
    lines = journal.read_bytes().splitlines(keepends=True)
    with journal.open("wb") as file:
        file.writelines(lines[: len(lines) - last])
        file.seek(_HOLE, os.SEEK_CUR)
        file.write(b"\n" if last else b"\0")
        file.writelines(lines[len(lines) - last :])
        return file.tell()


def test_a_line_of_gigabytes_costs_neither_memory_nor_the_rest_of_the_session(session: Path, tmp_path: Path) -> None:
    journal = session / ids.JOURNAL
    size = with_hole(journal, last=2)

    def opened() -> None:
        with Journal.open(session) as found:
            assert len(found.tree.path()[-1].text) == _LINES * _PIECES * 3
            assert found.notes == ("1 line cannot be read; it is kept in the file.",)
            export(found, "jsonl", tmp_path / "whole.jsonl", options=Options(with_paths=True), overwrite=True)

    def listed() -> None:
        found = summarise(session)
        assert found is not None
        assert found[0].turns == 1

    opened()
    listed()
    assert (tmp_path / "whole.jsonl").read_bytes().count(b"\n") == _LINES + 4
    for work in (opened, listed):
        assert peak(work) < _HOLE / 3
    assert journal.stat().st_size == size


def test_zeros_behind_the_last_line_are_kept_and_what_follows_is_read(session: Path) -> None:
    with_hole(session / ids.JOURNAL, last=0)
    with Journal.open(session) as found:
        found.set_title("goes on")
    again = Journal.open(session, read_only=True)
    assert again.title == "goes on"
    assert len(again.tree.path()) == 2
    assert again.notes == ("1 line cannot be read; it is kept in the file.",)


def test_what_lost_its_newline_beside_a_line_without_end_is_read(session: Path) -> None:
    header, *events = (session / ids.JOURNAL).read_bytes().splitlines()
    hole = bytes(LONGEST)
    found: list[AnyEvent] = []
    read = follow(io.BytesIO(b"\n".join([header, events[0] + hole + events[1]])), found.append)
    assert [type(each).__name__ for each in found] == ["MessageEvent", "MessageEvent"]
    assert read.header is not None
    assert len(read.damaged) == 1
    assert read.newline


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, LONGEST, LONGEST + 1])
def test_lines_are_whole_up_to_the_longest(size: int) -> None:
    line = b"x" * (size - 1) + b"\n"
    first, second = lines(io.BytesIO(line + b"next"))
    assert second == b"next"
    assert first == line if size <= LONGEST else isinstance(first, Overlong) and first.size == size and first.ended


def test_opening(session: Path) -> None:
    def opened() -> None:
        with Journal.open(session, read_only=True) as journal:
            assert len(journal.tree.path()[-1].text) == _LINES * _PIECES * 3

    opened()  # what is imported meanwhile does not count
    assert peak(opened) < (session / ids.JOURNAL).stat().st_size / 2


def test_taking_into_the_index(session: Path, tmp_path: Path) -> None:
    def listed(index: str) -> None:
        with Library(session.parent, tmp_path / index) as library:
            library.reconcile()
            assert [info.id for info in library.newest()] == [session.name]

    listed("first")
    assert peak(lambda: listed("second")) < (session / ids.JOURNAL).stat().st_size / 2


@pytest.mark.parametrize("name", ["jsonl", "tar.gz"])
def test_handing_the_journal_on(session: Path, tmp_path: Path, name: str) -> None:
    with Journal.open(session, read_only=True) as journal:

        def handed_on() -> None:
            export(journal, name, tmp_path / f"a.{name}", overwrite=True)

        handed_on()
        assert peak(handed_on) < (session / ids.JOURNAL).stat().st_size / 2

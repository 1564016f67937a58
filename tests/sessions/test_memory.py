"""A session takes as much memory as what was said in it, not as much as its journal."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from minicpm_tui.sessions import Journal, ids
from minicpm_tui.sessions.export import export
from minicpm_tui.sessions.library import Library

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

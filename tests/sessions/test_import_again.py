"""A session that is imported where it is already, or of which only a part comes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from minicpm_tui import paths
from minicpm_tui.sessions import care
from minicpm_tui.sessions.export import export
from minicpm_tui.sessions.journal import Journal
from tests.sessions.talk import conversation, everything, import_session, move_away, question


@pytest.fixture
def journal() -> Journal:
    return Journal.open(conversation().id, read_only=True)


@pytest.mark.parametrize("name", ["tar.gz", "jsonl", "json"])
def test_what_is_here_already_is_recognised(journal: Journal, tmp_path: Path, name: str) -> None:
    export(journal, name, tmp_path / f"x.{name}")
    with Journal.open(journal.id) as writer:
        writer.append_message(question("u9", "go on", writer.tree.path()[-1].id))
    before = everything(paths.sessions_dir())
    said: list[str] = []
    assert import_session(tmp_path / f"x.{name}", say=said.append) == journal.id
    assert everything(paths.sessions_dir()) == before
    assert said == [f"this session is here already: {journal.id}"]


def test_an_id_that_another_session_has_is_not_taken_away(journal: Journal, tmp_path: Path) -> None:
    export(journal, "jsonl", tmp_path / "x.jsonl")
    move_away(journal)
    other = tmp_path / "other.jsonl"
    other.write_bytes((tmp_path / "x.jsonl").read_bytes().replace(b"cat.jpg", b"dog.jpg"))
    assert import_session(other) == journal.id
    session_id = import_session(tmp_path / "x.jsonl")
    assert session_id != journal.id
    assert len(list(paths.sessions_dir().iterdir())) == 2


def test_missing_attachments_are_counted_and_come_with_a_later_import(journal: Journal, tmp_path: Path) -> None:
    for name in ("jsonl", "tar.gz"):
        export(journal, name, tmp_path / f"x.{name}")
    move_away(journal)
    said: list[str] = []
    session_id = import_session(tmp_path / "x.jsonl", say=said.append)
    (line,) = said
    assert "4 of 4 attachments are missing" in line
    assert str(paths.sessions_dir() / session_id / "attachments") in line
    assert import_session(tmp_path / "x.tar.gz", say=said.append) == session_id
    assert said[1:] == [f"this session is here already: {session_id}"]
    assert care.check(paths.sessions_dir() / session_id).ok


def test_attachments_beside_a_journal_of_any_name_are_found(journal: Journal, tmp_path: Path) -> None:
    assert journal.path is not None
    export(journal, "jsonl", tmp_path / "talk.jsonl")
    shutil.copytree(journal.path / "attachments", tmp_path / "attachments")
    move_away(journal)
    assert care.check(paths.sessions_dir() / import_session(tmp_path / "talk.jsonl")).ok

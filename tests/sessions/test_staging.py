"""What a killed import leaves behind goes with the next look at the sessions; one that goes on is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicpm_tui.cli.main import run
from minicpm_tui.messages import Message, TextPart
from minicpm_tui.sessions import Journal
from minicpm_tui.sessions.staging import staging


def test_what_a_kill_left_of_an_import_is_removed(home: Path) -> None:
    sessions = home / "data" / "sessions"
    left = sessions / ".import-left" / "attachments"
    left.mkdir(parents=True)
    (left / "big").write_bytes(b"x")
    with staging(sessions) as place:
        assert run(["sessions", "list"]) == 0
        assert not left.parent.exists()
        assert place.is_dir()
    assert list(sessions.glob(".import-*")) == []


def test_an_export_goes_to_stdout_and_names_the_folder_that_is_missing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with Journal.create() as journal:
        journal.append_message(Message("1", None, "user", (TextPart("What is it?"),), "2026-01-01T00:00:00Z"))
    monkeypatch.chdir(tmp_path)
    assert run(["sessions", "export", journal.id, "--format", "md", "-o", "-"]) == 0
    assert b"What is it?" in capfdbinary.readouterr().out
    assert not (tmp_path / "-").exists()
    assert run(["sessions", "export", journal.id, "-o", "nodir/x.md"]) == 1
    assert f"No such folder: {tmp_path}/nodir — ".encode() in capfdbinary.readouterr().err


def test_what_is_not_in_the_trash_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "restore", "20260101-000000-abcd"]) == 1
    assert "No such session in the trash" in capsys.readouterr().err

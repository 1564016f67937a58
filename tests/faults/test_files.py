"""Something else in the place of a file of ours: one line, at once, and what does not need the file works."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from minicpm_tui import paths
from minicpm_tui.cli.main import run
from minicpm_tui.decoding import DecodingError, read_bounded
from minicpm_tui.redaction import know
from minicpm_tui.servers import endpoints
from minicpm_tui.ui.kit import themes
from tests.sessions.talk import conversation


def in_place_of(path: Path, what: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "loop":
        path.symlink_to(path)
    else:
        path.symlink_to(what)


@pytest.mark.parametrize("what", ["pipe", "folder", "loop", "/dev/zero"])
def test_the_configuration(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    in_place_of(paths.config_dir() / "config.toml", what)
    assert run(["config", "show"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "config.toml" in said.err


def test_no_configuration_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    in_place_of(paths.config_dir() / "config.toml", "/dev/null")
    assert run(["config", "show"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("what", ["pipe", "folder", "loop", "/dev/zero"])
def test_a_journal(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    spoilt, whole = conversation(), conversation()
    assert spoilt.path is not None
    in_place_of(spoilt.path / "session.jsonl", what)
    assert run(["sessions", "list"]) == 0
    assert run(["sessions", "check"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert whole.id in said.out
    assert spoilt.id not in said.out


def test_more_than_the_limit_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x" * 11)
    assert read_bounded(tmp_path / "x", 11) == b"x" * 11
    with pytest.raises(DecodingError):
        read_bounded(tmp_path / "x", 10)


def test_a_model_of_any_name_can_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    know("sk-a-key-of-somebody")
    monkeypatch.setattr(endpoints, "_get", lambda *_asked: (200, b'{"data": [{"id": "a\\ud83d sk-a-key-of-somebody"}]}'))
    found = endpoints.ask("http://127.0.0.1:9")
    assert found is not None
    assert found.model == "a\ufffd ***"


@pytest.mark.parametrize("what", ["pipe", "folder", "loop"])
def test_a_theme(what: str) -> None:
    place = paths.config_dir() / "themes" / "mine.toml"
    in_place_of(place, what)
    assert str(place) in themes.find("mine").problem

"""The shell completes commands, options, ids, presets and files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minicpm_tui.cli.main import run
from minicpm_tui.messages import Message, TextPart
from minicpm_tui.sessions import Journal


@pytest.fixture
def session() -> str:
    with Journal.create() as journal:
        journal.append_message(Message("1", None, "user", (TextPart("What is\x1b[31m it?"),), "2026-01-01T00:00:00Z"))
        return journal.id


def offered(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What bash is told for the command line ``line``, whose last word is completed."""
    words = line.split(" ")
    monkeypatch.setenv("_MINICPM_TUI_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    run([])
    return capsys.readouterr().out


def test_everything_is_offered_where_it_belongs(
    session: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def at(line: str) -> str:
        return offered(line, monkeypatch, capsys)

    assert "plain,ask\n" in at("minicpm-tui a")
    assert "plain,--retry\n" in at("minicpm-tui ask --re")
    for command in ("sessions show", "sessions export", "replay", "rerun", "ask --session"):
        assert f"plain,{session}\n" in at(f"minicpm-tui {command} {session[:4]}")
    assert session not in at("minicpm-tui sessions restore ")
    assert "plain,videos\n" in at("minicpm-tui serve --preset v")
    assert "file," in at("minicpm-tui ask -f ./pi")
    assert "file," in at("minicpm-tui sessions import x")


def test_titles_cannot_steer_the_shell(session: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("_MINICPM_TUI_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", "minicpm-tui replay ")
    monkeypatch.setenv("COMP_CWORD", "2")
    run([])
    said = capsys.readouterr().out
    assert "What is" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert f"_MINICPM_TUI_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_bash_takes_the_script(session: str, tmp_path: Path) -> None:
    (tmp_path / "minicpm-tui").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m minicpm_tui "$@"\n')
    (tmp_path / "minicpm-tui").chmod(0o755)
    script = """
eval "$(minicpm-tui completion bash)"
COMP_WORDS=(minicpm-tui replay "") COMP_CWORD=2
_minicpm_tui_completion minicpm-tui
printf '%s\\n' "${COMPREPLY[@]}"
"""
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], check=False, env=environ, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == session

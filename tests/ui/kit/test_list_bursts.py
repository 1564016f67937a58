"""Lists take keys that arrive in one read as they take keys typed slowly: in a pty, where nobody waits after a key."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicpm_tui.sessions.journal import Journal
from tests.batch.conftest import fill_folder
from tests.sessions.talk import answer, next_millisecond, question
from tests.terminal import Terminal, keys

WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot")


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """The program in a folder of pictures, with six sessions; the newest is about ``alpha``. There is no server."""
    fill_folder(tmp_path / "pictures", 5)
    monkeypatch.chdir(tmp_path / "pictures")
    for word in reversed(WORDS):
        with Journal.create() as journal:
            journal.append_message(question("u", f"about {word}"))
            answer(journal, "a", "u", f"{word} it is.")
        next_millisecond()
    with Terminal([sys.executable, "-m", "minicpm_tui", "--url", "127.0.0.1:9"]) as running:
        running.wait_for("F1")
        running.wait_for(r"p00004\.png")
        running.settle()
        yield running


@pytest.mark.parametrize(
    ("burst", "opened"),
    [
        ("<^S><Enter>", "alpha"),
        ("<^S><Down><Down><Enter>", "charlie"),
        ("<^S><End><Up><Enter>", "echo"),
        ("<^S><Down><Down><Down><Home><Down><Enter>", "bravo"),
        ("<^S>delta<Enter>", "delta"),
        ("<^S>about<Down><Enter>", "bravo"),
    ],
)
def test_a_session_is_found_and_opened_in_one_go(terminal: Terminal, burst: str, opened: str) -> None:
    terminal.send("".join(keys(burst)))
    terminal.wait_for(rf"{opened} it is\.")


@pytest.mark.parametrize(("burst", "attached"), [("<Down><Down><Enter>", "2"), ("<End><Up><Enter>", "3"), ("p00004<Enter>", "4")])
def test_a_file_is_found_and_attached_in_one_go(terminal: Terminal, burst: str, attached: str) -> None:
    terminal.send("".join(keys("<F2>")))
    terminal.wait_for("Attach")
    terminal.send("".join(keys(burst)))
    terminal.wait_for(rf"✕ ▣ p0000{attached}\.png")

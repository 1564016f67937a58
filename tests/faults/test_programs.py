"""Each fault of a server against ``batch``, ``ask`` and the TUI: the text that came, or one line, and never the key."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicpm_tui.batch.records import Result
from tests.batch.conftest import results
from tests.faults.cases import BROKEN, COMPLETE, KEY
from tests.faults.server import FAULTS, faulty, question
from tests.ui.chat.conftest import open_app

REFUSED = tuple(name for name in BROKEN if name.startswith("error-401"))
"""A refused key ends a batch: nothing that it asks could be answered."""


TYPED = tuple(FAULTS)[::3]
"""A third of them: drawing is dear."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with faulty() as running:
        yield running


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINICPM_TUI_API_KEY", KEY)


def program(*words: str) -> subprocess.CompletedProcess[str]:
    """The program as a process; fails when a traceback or the key is in what it says."""
    argv = [sys.executable, "-m", "minicpm_tui", *words]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
    assert "Traceback" not in done.stderr
    assert "Internal error" not in done.stderr
    assert KEY not in done.stdout + done.stderr
    return done


def asked(folder: Path, url: str, names: list[str]) -> tuple[int, str, dict[str, Result]]:
    """A batch with a row for each of ``names``: exit status, what it said and its rows."""
    rows = [{"id": name, "text": question(name)} for name in names]
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    out = folder / "out.jsonl"
    done = program("batch", str(folder / "in.jsonl"), "-o", str(out), "--url", url, "--concurrency", "8")
    assert KEY not in out.read_text() if out.exists() else True
    return done.returncode, done.stderr, results(out) if out.exists() else {}


def test_batch_answers_each_row_or_says_in_one_line_why_not(tmp_path: Path, url: str) -> None:
    names = [name for name in FAULTS if name not in REFUSED]
    status, said, rows = asked(tmp_path, url, names)
    assert status == 1
    assert set(rows) == set(names)
    for name, row in rows.items():
        assert "\n" not in (row.error or "")
        if name in COMPLETE:
            assert (row.text, row.error) == ("Hello world", None)
        elif name in BROKEN:
            assert row.error
    assert len(said.splitlines()) < 12


def test_a_refused_key_ends_a_batch(tmp_path: Path, url: str) -> None:
    status, said, rows = asked(tmp_path, url, list(REFUSED))
    assert status == 1
    assert not any(row.text for row in rows.values())
    assert "The server refuses the API key" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("name", ["event-4", "key-said", "short"])
def test_ask(url: str, name: str) -> None:
    done = program("ask", "--no-save", "--url", url, question(name))
    assert (done.returncode == 0) is (name in COMPLETE)
    assert done.stdout == ("Hello world\n" if name in COMPLETE else "Hello\n" if name == "short" else "\n" if done.stdout else "")
    assert len(done.stderr.splitlines()) == (0 if name in COMPLETE else 1)


def test_what_ask_says_of_a_reply_stands_below_it(url: str) -> None:
    argv = [sys.executable, "-m", "minicpm_tui", "ask", "--no-save", "--url", url, question("spoilt-1")]
    done = subprocess.run(argv, check=True, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.stdout == "Hello\nminicpm-tui: A part of the reply could not be read and is missing.\n"


async def test_the_tui_lives_through_them(url: str) -> None:
    async with open_app(url=url, size=(60, 12)) as driver:
        await driver.connected()
        for name in TYPED:
            await driver.ask(question(name))
            reply = driver.path[-1]
            assert reply.role == "assistant"
            error = reply.end.error if reply.end else None
            if name in COMPLETE:
                assert (reply.text, error) == ("Hello world", None)
            elif name in BROKEN:
                assert error is not None
                assert "\n" not in error.line()
                assert KEY not in error.line()
        await driver.write("what is typed stays")
        assert driver.talk.composer.text == "what is typed stays"
        journal = driver.model.journal
        assert journal is not None
        assert journal.path is not None
        assert KEY not in (journal.path / "session.jsonl").read_text()

"""Kills of what writes files: a journal, the output of ``batch``, the sessions of ``sessions import``."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from minicpm_tui import paths
from minicpm_tui.messages import Message
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.care import check
from minicpm_tui.sessions.export import export
from minicpm_tui.sessions.journal import Journal
from tests.batch.conftest import png, results
from tests.faults.killing import Tally, command
from tests.sessions.talk import conversation
from tests.sessions.test_crash import killed_after
from tests.sessions.test_other_programs import chatgpt

ROWS = 12


def sessions() -> list[Path]:
    """The folders of the saved sessions."""
    return [each for each in paths.sessions_dir().glob("[!.]*") if ids.is_session(each)]


def opened(folders: Iterable[Path]) -> list[Message]:
    """Their messages, once they have been opened for writing; fails when one is not whole."""
    found: list[Message] = []
    for folder in folders:
        with Journal.open(folder) as journal:
            found += journal.tree.messages.values()
        checked = check(folder)
        assert checked.ok, checked
    return found


class Writer:
    """A process that writes messages into a journal."""

    def __init__(self, _folder: Path, _url: str, chance: random.Random) -> None:
        self._chance = chance
        with Journal.create() as journal:
            journal.set_title("kills")
        assert journal.path is not None
        self._path = journal.path

    def kill(self, tally: Tally) -> None:
        """The messages that it was told are durable are in the journal."""
        said = killed_after(self._path, self._chance.randint(1, 6), self._chance.randrange(20_000))
        tally.keep(set(said), {each.id for each in opened([self._path])})


class Batch:
    """``batch --resume``: whole lines of its output are promised. Half of the time it is killed again before it may end."""

    def __init__(self, folder: Path, url: str, chance: random.Random) -> None:
        self._chance = chance
        self._out, self._csv = folder / "out.jsonl", folder / "out.csv"
        (folder / "x.png").write_bytes(png(1))
        rows = [{"id": str(number), "text": "q", "files": ["x.png"][: number % 2]} for number in range(ROWS)]
        (folder / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
        self._words = ("batch", str(folder / "in.jsonl"), "-o", str(self._out), "--csv", str(self._csv), "--url", url, "--resume")
        self._promised: set[str] = set()
        began = time.monotonic()
        self._complete()
        self._life = time.monotonic() - began

    def kill(self, tally: Tally) -> None:
        """Its output can be gone on with, keeps the answers that it has, and gets each of the others once."""
        command(*self._words, "--concurrency", "2", life=self._chance.uniform(0, self._life))
        lines = self._out.read_text().split("\n")[:-1] if self._out.exists() else []
        before, self._promised = self._promised, {text for line in lines if (text := json.loads(line)["text"])}
        tally.keep(before | self._promised, self._promised)
        if self._chance.random() < 0.5:
            tally.keep(self._promised, self._complete())

    def _complete(self) -> set[str]:
        """Let it end and begin a new one: the answers."""
        done = command(*self._words)
        assert done.status == 0, done
        found = results(self._out)
        assert {row.id for row in found.values() if not row.error} == {str(number) for number in range(ROWS)}, found
        assert len(self._csv.read_text().splitlines()) == ROWS + 1
        for path in self._out.parent.glob("*out.*"):
            path.unlink()
        self._promised = set()
        return {row.text for row in found.values()}


class Import:
    """``sessions import`` of an archive, and of another program's export: the ids that it prints are promised."""

    def __init__(self, folder: Path, _url: str, chance: random.Random) -> None:
        self._chance, self._turn = chance, 0
        journal = Journal.open(conversation().id, read_only=True)
        export(journal, "tar.gz", folder / "export.tar.gz")
        (folder / "file-AB12-red.png").write_bytes(png(1))
        (folder / "chats.json").write_text(json.dumps([chatgpt(f"chat {number}") for number in range(4)]))
        self._files = ((folder / "export.tar.gz", 1, len(journal.tree.messages)), (folder / "chats.json", 4, 2))
        self._life = max(self._complete(*each) for each in self._files)

    def kill(self, tally: Tally) -> None:
        """Sessions are there whole or not at all, and after the next import each is there once, without anything beside them."""
        self._turn += 1
        path, count, messages = self._files[self._turn % 2]
        killed = command("sessions", "import", str(path), life=self._chance.uniform(0, self._life))
        there = {each.name for each in sessions() if len(opened([each])) == messages}
        assert there == {each.name for each in sessions()}
        promised = {line for line in killed.said.split("\n")[:-1] if ids.is_id(line)}
        tally.keep({f"{self._turn} {each}" for each in promised}, {f"{self._turn} {each}" for each in there})
        self._complete(path, count, messages)

    @staticmethod
    def _complete(path: Path, count: int, messages: int) -> float:
        """Import it wholly, look at what is there and remove it: the seconds that importing took."""
        began = time.monotonic()
        done = command("sessions", "import", str(path))
        seconds = time.monotonic() - began
        assert done.status == 0, done
        assert len(sessions()) == count
        assert len(opened(sessions())) == count * messages
        assert command("sessions", "list").status == 0
        assert not list(paths.sessions_dir().glob(".*"))
        shutil.rmtree(paths.sessions_dir())
        return seconds

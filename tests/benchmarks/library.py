"""How quick the library is with many sessions: ``python -m tests.benchmarks.library [SESSIONS] [TURNS]``.

Makes the sessions in a temporary folder, indexes them, and prints each figure beside a plain SQLite query over the same texts.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from minicpm_tui.messages import End, Message, TextPart
from minicpm_tui.sessions.chunks import PLACE_BITS, unpacked
from minicpm_tui.sessions.events import DeltaEvent, EndEvent, Header, MessageEvent, OpenEvent, encode
from minicpm_tui.sessions.ids import JOURNAL
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.library import Library

SHARES = (4, 2, 1)
BEFORE_SECONDS, BEFORE_BYTES = 57.2 / 10_000, 409e6 / 10_000
"""A session of 20 turns, before texts were packed: one run of 10,000 on two shared cores."""
INDEXING = """
import resource, sys, time
from pathlib import Path
from minicpm_tui.sessions.library import Library

begun, first = time.process_time(), []
with Library(Path(sys.argv[1]), Path(sys.argv[2])) as library:
    library.reconcile(progress=lambda done, _total: first.append(time.process_time() - begun) if done and not first else None)
print(first[0], time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
AT = "2026-03-01T10:00:00.000Z"
SYLLABLES = [first + second for first in "bdfgklmnprst" for second in ("a", "en", "i", "o", "ur")]
HAN = [chr(0x4E00 + 7 * index) for index in range(2000)]


def sentence(chance: random.Random, words: int) -> str:
    """Words with the uneven frequencies of a language, some of them Chinese."""
    picked = ["".join(chance.choices(SYLLABLES, k=1 + int(chance.paretovariate(1.5)) % 4)) for _word in range(words)]
    return " ".join(picked) + " " + "".join(chance.choices(HAN, k=words // 3))


def make(folder: Path, sessions: int, turns: int) -> None:
    """Write ``sessions`` journals as the program would."""
    chance = random.Random(7)
    for number in range(sessions):
        session_id = f"202603{1 + number % 28:02}-{number // 3600 % 24:02}{number // 60 % 60:02}{number % 60:02}-{number:04x}"
        lines = [encode(Header(id=session_id, created=AT)), encode(OpenEvent(t=0.0, at=AT))]
        parent = None
        for turn in range(turns):
            user = Message(f"u{turn}", parent, "user", (TextPart(sentence(chance, 12)),), AT)
            reply = Message(f"a{turn}", user.id, "assistant", (), AT, model="openbmb/MiniCPM-V-4_5")
            pieces = tuple((0.02, "content", sentence(chance, 6) + " ") for _piece in range(6))
            lines += [encode(MessageEvent.of(1.0, user)), encode(MessageEvent.of(0.0, reply))]
            lines += [encode(DeltaEvent(t=0.12, id=reply.id, pieces=pieces)), encode(EndEvent.of(0.0, reply.id, End("stop")))]
            parent = reply.id
        place = folder / session_id
        place.mkdir(parents=True)
        (place / JOURNAL).write_bytes(b"".join(lines))


def timed(work: Callable[[], object], repeat: int = 5) -> float:
    """Median of ``repeat`` runs, in milliseconds."""
    taken = []
    for _run in range(repeat):
        start = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def plain_table(index: Path, copy: Path) -> sqlite3.Connection:
    """The same texts in a table without any index."""
    plain = sqlite3.connect(copy)
    plain.execute("ATTACH ? AS library", (str(index),))
    plain.execute("CREATE TABLE text(place INTEGER PRIMARY KEY, message TEXT, text TEXT)")
    for number, texts in plain.execute("SELECT number, texts FROM library.chunk").fetchall():
        rows = [(number << PLACE_BITS | at, *each) for at, each in enumerate(unpacked(texts))]
        plain.executemany("INSERT INTO text VALUES(?, ?, ?)", rows)
    plain.execute("CREATE TABLE list AS SELECT * FROM library.session")
    plain.commit()
    return plain


def new_turn(library: Library, session_id: str) -> float:
    """Milliseconds to take one more turn of a session in."""
    with Journal.open(library.folder / session_id) as journal:
        number = len(journal.tree.messages)
        journal.append_message(Message(f"n{number}", journal.tree.leaf, "user", (TextPart("one more question"),), AT))
    return timed(lambda: library.touch(session_id), repeat=1)


def from_nothing(folder: Path, sessions: int) -> str:
    """What the index of the first so many sessions costs a process of its own; for all of them it stays."""
    some = folder / f"first-{sessions}"
    some.mkdir()
    for each in sorted((folder / "sessions").iterdir())[:sessions]:
        (some / each.name).symlink_to(each)
    index = folder / "index.sqlite"
    index.unlink(missing_ok=True)
    done = subprocess.run([sys.executable, "-c", INDEXING, some, index], check=True, capture_output=True, text=True)
    titles, seconds, peak = (float(figure) for figure in done.stdout.split())
    size = index.stat().st_size / 1e6
    before = f"{sessions * BEFORE_SECONDS:.0f} s, {sessions * BEFORE_BYTES / 1e6:.0f} MB"
    return (
        f"index of {sessions} sessions from nothing: {seconds:.1f} s of CPU ({1000 * seconds / sessions:.2f} ms a session), "
        f"{size:.0f} MB on disk ({1000 * size / sessions:.1f} kB a session), memory at most {peak:.0f} MB; "
        f"first texts after {titles:.1f} s (before: {before})"
    )


def report(folder: Path, sessions: int, turns: int) -> None:
    start = time.perf_counter()
    make(folder / "sessions", sessions, turns)
    print(f"made {sessions} sessions of {turns} turns in {time.perf_counter() - start:.1f} s")
    for share in SHARES:
        print(from_nothing(folder, sessions // share))

    def opened(limit: int) -> None:
        with Library(folder / "sessions", folder / "index.sqlite") as fresh:
            fresh.newest(limit)

    library = Library(folder / "sessions", folder / "index.sqlite")
    plain = plain_table(folder / "index.sqlite", folder / "plain.sqlite")
    rows = timed(lambda: plain.execute("SELECT * FROM list ORDER BY updated DESC").fetchall())
    print(f"open and list the first 200, as the screen does: {timed(lambda: opened(200)):.1f} ms")
    print(f"open and list all: {timed(lambda: opened(-1)):.1f} ms (plain SELECT of the rows: {rows:.1f} ms)")
    print(f"reconcile, nothing changed: {timed(library.reconcile):.0f} ms")
    name = library.newest(1)[0].id
    print(f"reconcile, one session gone: {timed(lambda: library.touch(name)):.1f} ms")
    for text in ("a", "ba", "baden", "ba de", HAN[3], HAN[3] + HAN[5], "question nobody asked"):
        like = f"%{text}%"
        scan = timed(lambda: plain.execute("SELECT place FROM text WHERE text LIKE ?", (like,)).fetchall(), repeat=1)  # noqa: B023 # run at once
        hits = len(library.search(text))
        print(f"search {text!r}: {timed(lambda: library.search(text)):.1f} ms, {hits} sessions (LIKE: {scan:.0f} ms)")  # noqa: B023 # run at once
    print(f"one more turn: {statistics.median(new_turn(library, name) for _turn in range(9)):.1f} ms")
    with Library(folder / "few", folder / "few.sqlite") as few:
        make(folder / "few", 10, turns)
        few.reconcile()
        name = few.newest(1)[0].id
        print(f"one more turn among 10 sessions: {statistics.median(new_turn(few, name) for _turn in range(9)):.1f} ms")
    library.close()
    plain.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        report(Path(place), *(int(argument) for argument in (sys.argv[1:] + ["10000", "20"][len(sys.argv) - 1 :])[:2]))

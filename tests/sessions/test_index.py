"""The index against a plain scan, and while it grows."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unicodedata
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from minicpm_tui import paths
from minicpm_tui.sessions import ids, index, library, rows
from minicpm_tui.sessions.library import Library
from minicpm_tui.sessions.summary import summarise
from minicpm_tui.sessions.words import snippet, spaced
from tests.sessions.many import write

WORDS = [
    *("a", "an", "ant", "Anton", "antenna", "the", "then", "other", "Über", "uber", "naïve", "7", "70", "700b", "x2", "Čapek"),
    *("猫", "沙发", "一只猫", "ねこ", "고양이", "V-4_5", "foo.jpg", "don't", "(see", "end.", "привет", "a猫b"),
]
QUERIES = [
    *WORDS, "A", "an t", "th", "x", "70 a", '"the other"', '"a an"', "猫 a", "猫猫", "发", "沙", "b", "v", "v 4", "ü", "п", "zz",
    "4_5", "ö",
]  # fmt: skip
CJK = "[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7ff]"


@cache
def tokens(text: str) -> list[str]:
    """Words as a reader sees them, without case and accents; CJK by the character."""
    found = re.findall(f"{CJK}|(?:(?!{CJK})[^\\W_])+", unicodedata.normalize("NFC", text))
    return ["".join(each for each in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(each))
            if not re.fullmatch(CJK, word) else word for word in found]  # fmt: skip


def has(text: str, term: str) -> bool:
    """Whether the words of ``term`` are in ``text`` one after the other; the last may go on there."""
    wanted, there = tokens(term), tokens(text)
    exact = re.fullmatch(CJK, wanted[-1])
    return any(
        there[at : at + len(wanted) - 1] == wanted[:-1]
        and (there[at + len(wanted) - 1] == wanted[-1] if exact else there[at + len(wanted) - 1].startswith(wanted[-1]))
        for at in range(len(there) - len(wanted) + 1)
    )


def scanned(searched: str) -> list[tuple[str, str, str]]:
    """The newest message of each session that has all terms, newest session first."""
    terms = [quoted or word for quoted, word in re.findall(r'"([^"]+)"|([^\s"]+)', searched)]
    hits = []
    for folder in paths.sessions_dir().iterdir():
        found = summarise(folder)
        assert found is not None
        for document in reversed(found[1]):
            if all(has(document.text, term) for term in terms):
                hits.append((found[0].updated, folder.name, document.message, snippet(document.text, searched)))
                break
    return [hit[1:] for hit in sorted(hits, reverse=True)]


def searched(shelf: Library, text: str) -> list[tuple[str, str, str]]:
    return [(hit.session.id, hit.message, hit.snippet) for hit in shelf.search(text)]


def complete(shelf: Library) -> bool:
    return shelf.complete


def sentences(chance: random.Random, count: int) -> list[str]:
    return [" ".join(chance.choices(WORDS, k=chance.randint(1, 6))) for _sentence in range(count)]


def test_a_search_finds_what_a_plain_scan_finds() -> None:
    chance = random.Random(3)
    folders = [write(sentences(chance, chance.choice((1, 2, 5, 100))), number) for number in range(25)]
    folders += [write(sentences(chance, 3), number, every=timedelta(0)) for number in range(100, 120)]  # of one second
    with Library() as shelf:
        shelf.reconcile()
        for text in QUERIES:
            assert searched(shelf, text) == scanned(text), text
        for folder in folders[::3]:  # one word more or less, and sessions that are gone and longer than before
            journal = folder / "session.jsonl"
            journal.write_text(journal.read_text().replace("Anton", "猫 the", 1).replace("other", "x2"))
        shutil.rmtree(folders[1])
        longer = write(sentences(chance, 70), 50)
        shutil.copy(longer / "session.jsonl", folders[0] / "session.jsonl")
        shelf.reconcile()
        for text in QUERIES:
            assert searched(shelf, text) == scanned(text), text


def test_each_chinese_japanese_or_korean_character_is_a_word_and_others_stay_together() -> None:
    chance = random.Random(11)
    alone = "猫沙发ねこカ고양ᄒ々〇ｱ\U00020000"
    together = "ab é\u0301 tiếng \uff41\uff11ａ ꀀ \u2019—，。㉑ \U0001f63a \n"
    for _text in range(2000):
        text = "".join(chance.choices(alone + together, k=chance.randrange(40)))
        assert spaced(text).split() == "".join(f" {each} " if each in alone else each for each in text).split()


GROWN = """
import os, signal, sys
from pathlib import Path
from minicpm_tui.sessions import library

asked = 0

def killed() -> bool:
    global asked
    asked += 1
    if asked == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    return False

library._BATCH = 10
library.Library(Path(sys.argv[1]), Path(sys.argv[2])).reconcile(cancelled=killed)
"""


@pytest.mark.parametrize("last", [45, 58], ids=["while reading", "while writing"])
def test_after_a_kill_the_index_goes_on_where_it_was(last: int) -> None:
    for number in range(40):
        write([f"needle {number}", "found it"], number)
    place = paths.cache_dir() / "sessions.sqlite"
    done = subprocess.run([sys.executable, "-c", GROWN, paths.sessions_dir(), place, str(last)], check=False)
    assert done.returncode == -signal.SIGKILL
    with Library() as shelf:
        assert len(searched(shelf, "needle")) == 20  # two batches of ten, each read and written
        totals: list[int] = []
        shelf.reconcile(progress=lambda _done, total: totals.append(total))
        assert totals == [20]
        assert searched(shelf, "needle") == scanned("needle")


def test_the_index_can_be_searched_and_stopped_while_it_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_BATCH", 10)
    for number in range(40):
        write([f"needle {number}", "found it"], number)
    with Library() as shelf, Library() as other:
        counts: list[int] = []

        def look(_done: int, _total: int) -> None:
            counts.append(len(other.search("needle")))

        shelf.reconcile(progress=look, cancelled=lambda: len(counts) == 3)
        assert counts == [10, 20, 30]
        assert not complete(shelf)
        newest = [hit.session.id for hit in other.search("needle")]
        assert newest == sorted((folder.name for folder in paths.sessions_dir().iterdir()), reverse=True)[:30]
        assert shelf.reconcile()
        assert complete(shelf)
        assert len(other.search("needle")) == 40


def test_room_left_free_in_the_index_is_given_back() -> None:
    for number in range(101):
        write(["needle"], number)
    Library().close()
    with sqlite3.connect(paths.cache_dir() / "sessions.sqlite") as db:
        db.execute("CREATE TABLE ballast AS SELECT zeroblob(4000000) AS zeros")
        db.execute("DROP TABLE ballast")
    db.close()
    with Library() as shelf:
        shelf.reconcile()
    assert (paths.cache_dir() / "sessions.sqlite").stat().st_size < 1_000_000


def test_stopping_leaves_at_once_also_what_is_being_written() -> None:
    for number in range(40):
        write(["needle"], number)
    asked = iter(range(1000))
    with Library() as shelf:
        shelf.reconcile(cancelled=lambda: next(asked) >= 45)
        assert 0 < len(shelf.search("needle")) < 10
        shelf.reconcile()
        assert len(shelf.search("needle")) == 40


@pytest.mark.parametrize("copied", [False, True], ids=["as written", "copied to another machine"])
def test_the_list_begins_before_all_is_read_and_is_in_order(monkeypatch: pytest.MonkeyPatch, copied: bool) -> None:
    chance = random.Random(5)
    numbers = list(range(300))
    chance.shuffle(numbers)  # in the order of their names the folders were not written
    for number in numbers:
        folder = write(["what", "that"], number, seconds=chance.choice((1, 60, 50_000, 200_000)))
        if not copied:
            used = summarise(folder)
            assert used is not None
            moment = ids.moment_of(used[0].updated)
            assert moment is not None
            os.utime(folder / "session.jsonl", (moment.timestamp(), moment.timestamp()))
    read: list[str] = []

    def noted(folder: Path) -> object:
        read.append(folder.name)
        return summarise(folder)

    monkeypatch.setattr(rows, "summarise", noted)
    with Library() as shelf:
        listed = shelf.rows()
        first = next(listed)
        assert len(read) < 150
        everything = [first, *listed]
        assert len(read) == 300
        assert list(shelf.rows()) == everything
        assert len(read) == 300  # they were kept
        shelf.reconcile()
        assert shelf.newest() == everything
        assert len(shelf.search("that", -1)) == 300


def test_the_list_waits_for_nobody_who_writes_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    Library().close()
    monkeypatch.setattr(index, "PATIENCE", 120.0)
    for number in range(3):
        write(["what"], number)
    other = sqlite3.connect(paths.cache_dir() / "sessions.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with Library() as shelf:
        assert len(list(shelf.rows())) == 3
    assert time.monotonic() - begun < 60
    other.close()

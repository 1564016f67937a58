"""Recordings of a conversation are what asciinema plays, and what they show is what the screen shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyte
import pytest

from minicpm_tui import paths
from minicpm_tui.messages import Delta, End
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.events import AnyEvent, DeltaEvent, EndEvent, Header, MessageEvent, encode
from minicpm_tui.sessions.export import export
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.export.screen import COLUMNS, ROWS
from minicpm_tui.sessions.journal import Journal
from tests.sessions.talk import AT, answer, conversation, question, reply

TEXT = (
    "# Head\n\nA **bold** word and "
    + "many words that wrap " * 8
    + "\n\n- one\n- two `x`\n\n| a | bcd |\n|---|---|\n| longer cell | 2 |"
    "\n\n```python\ndef f():\n    return 1\n```\n\nend"
)


def cast(session: Journal | Path, version: Any = 2) -> list[Any]:
    with Journal.open(session.id if isinstance(session, Journal) else session, read_only=True) as reader:
        data = export(reader, "cast", options=Options(cast_version=version)) or b""
    return [json.loads(line) for line in data.decode().splitlines()]


def last_screen(events: list[Any]) -> list[str]:
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    for _at, code, data in events:
        if code == "o":
            stream.feed(data)
    return [line.rstrip() for line in screen.display]


def spoken(text: str, step: int) -> Path:
    """A session with a reply that comes in pieces of ``step`` characters, a tenth of a second apart."""
    folder = paths.sessions_dir() / ids.new_id()
    folder.mkdir(parents=True)
    pieces = tuple((0.1, "content", text[at : at + step]) for at in range(0, len(text), step))
    lines: list[Header | AnyEvent] = [
        Header(id=folder.name, created=AT),
        MessageEvent.of(0.0, question("u", "hi")),
        MessageEvent.of(0.1, reply("a", "u")),
        DeltaEvent(t=0.1 * len(pieces), id="a", pieces=pieces),
        EndEvent.of(0.1, "a", End("stop")),
    ]
    (folder / ids.JOURNAL).write_bytes(b"".join(encode(line) for line in lines))
    return folder


def test_version_2_counts_from_the_beginning() -> None:
    header, *events = cast(conversation())
    assert header["version"] == 2
    assert (header["width"], header["height"]) == (COLUMNS, ROWS)
    times = [at for at, _code, _data in events]
    assert times == sorted(times)
    assert {code for _at, code, _data in events} == {"o", "m"}


def test_version_3_counts_from_the_event_before() -> None:
    header, *events = cast(conversation(), 3)
    assert header["version"] == 3
    assert header["term"]["cols"] == COLUMNS
    assert all(wait >= 0 and code in {"o", "m", "x"} for wait, code, _data in events)
    assert sum(wait for wait, _code, _data in events) == pytest.approx(cast(conversation())[-1][0], abs=0.5)


@pytest.mark.parametrize("version", [2, 3])
def test_each_turn_has_a_marker_and_lines_end_as_terminals_want(version: int) -> None:
    _header, *events = cast(conversation(), version)
    assert [data for _at, code, data in events if code == "m"] == [
        "What is in this picture? 这是一只猫吗 cat.jpg walk.mp4",
        "And in the video?",
    ]
    shown = "".join(data for _at, code, data in events if code == "o")
    assert "It walks away." in shown
    assert "\n" not in shown.replace("\r\n", "")


def test_what_came_in_pieces_ends_as_what_came_at_once() -> None:
    whole = last_screen(cast(spoken(TEXT, len(TEXT)))[1:])
    assert last_screen(cast(spoken(TEXT, 3))[1:]) == whole
    text = "\n".join(whole)
    for shown in ("│ longer cell │ 2   │", "• one", "def f():", "Head", "A bold word and many words"):
        assert shown in text
    assert "**" not in text
    assert all(line.endswith(("many", "words", "that", "wrap")) for line in whole if "words that" in line)


def test_a_text_longer_than_the_terminal_is_all_there() -> None:
    text = "\n".join(f"- line {number}" for number in range(100))
    shown = "".join(data for _at, code, data in cast(spoken(text, 7))[1:] if code == "o")
    assert all(f"line {number}" in shown for number in range(100))


def test_a_long_reply_is_recorded_in_the_time_of_its_length() -> None:
    table = "| a | b |\n|---|---|\n" + "".join(f"| {number} | value {number} |\n" for number in range(100))
    frames = [data for _at, code, data in cast(spoken(table, 4))[1:] if code == "o"]
    assert len(frames) > 50
    assert any("value 99" in data for data in frames)
    assert sum(map(len, frames)) < 100 * len(table)


def test_the_time_between_pieces_is_kept() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        journal.append_message(reply("a", "u"))
        journal.append_deltas("a", [Delta("content", "one", 0.25), Delta("content", "two", 1.0), Delta("content", "far", 1.9)])
    times = {data.rpartition("one")[2].strip(): at for at, code, data in cast(journal)[1:] if code == "o" and "one" in data}
    assert times["two"] - times[""] == pytest.approx(0.75, abs=1e-3)
    assert times["twofar"] - times["two"] == pytest.approx(0.9, abs=1e-3)


def test_stopped_and_cut_replies_say_so() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        journal.append_message(reply("a", "u"))
        journal.append_deltas("a", [Delta("reasoning", "I think", 0.1), Delta("content", "half", 0.2)])
        journal.append_end("a", End("abort"))
        journal.append_message(question("v", "again", "a"))
        journal.append_message(reply("b", "v"))
    text = "\n".join(last_screen(cast(journal)[1:]))
    for said in ("I think", "half", "Stopped", "Unfinished"):
        assert said in text


def test_control_codes_of_others_are_not_carried() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "\x1b[31m red"))
        answer(journal, "a", "u", "\x1b[31m red \x1b]0;title\x07")
    shown = "".join(data for _at, code, data in cast(journal)[1:] if code == "o")
    assert "\x1b[31m" not in shown
    assert "\x1b]" not in shown


def test_asciinema_plays_it(tmp_path: Path) -> None:
    journal = conversation()
    with Journal.open(journal.id, read_only=True) as reader:
        export(reader, "cast", tmp_path / "x.cast")
    for command in (["cat"], ["play", "--speed", "1000"]):
        words = [sys.executable, "-m", "asciinema", *command, str(tmp_path / "x.cast")]
        played = subprocess.run(words, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        assert "It walks away." in played.stdout.decode()

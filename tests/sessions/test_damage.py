"""Whatever happens to a journal's bytes, it opens, and what was whole is still there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minicpm_tui.cli.main import run
from minicpm_tui.errors import SessionError
from minicpm_tui.messages import media_of
from minicpm_tui.sessions.export import export
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.journal_reader import read
from minicpm_tui.sessions.state import SessionState
from tests.sessions.talk import conversation, question

TEXTS = {
    "u1": "What is in this picture? 这是一只猫吗",
    "a1": "A cat sits on a **red** sofa.",
    "u2": "And in the video?",
    "a2": "It walks away.",
}


@pytest.fixture
def saved() -> Path:
    folder = conversation().path
    assert folder is not None
    return folder / "session.jsonl"


def texts(data: bytes) -> dict[str, str]:
    state = SessionState()
    for event in read(data).events:
        state.apply(event)
    return {message.id: message.text for message in state.tree.messages.values()}


def whole_messages(data: bytes) -> dict[str, str]:
    """What must survive when the journal ends with ``data``: everything whose last line is complete."""
    kept = {}
    for line in data.split(b"\n"):
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event.get("kind") == "message" and event["role"] == "user":
            kept[event["id"]] = TEXTS[event["id"]]
        if event.get("kind") == "end":
            kept[event["id"]] = TEXTS[event["id"]]
    return kept


def test_a_cut_at_every_byte_opens_keeps_what_was_whole_and_goes_on(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _handle: None)  # thousands of them
    data = saved.read_bytes()
    for cut in range(len(data) + 1):
        saved.write_bytes(data[:cut])
        before = whole_messages(data[:cut])
        with Journal.open(saved.parent) as journal:
            messages = journal.tree.messages
            assert {key: messages[key].text for key in before} == before
            assert journal.id == saved.parent.name
            journal.append_message(question("new", "still here?", journal.tree.leaf))
        again = Journal.open(saved.parent, read_only=True)
        assert again.tree.leaf == "new"
        assert again.notes == ()
        assert {key: again.tree.messages[key].text for key in before} == before


NEW = st.binary(max_size=40) | st.sampled_from([b"\n", b"\x00", b'"', b"{}"])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), NEW), min_size=1, max_size=5))
def test_random_edits_open_and_lose_nothing_that_is_whole(saved: Path, edits: list[tuple[float, int, bytes]]) -> None:
    pristine = saved.with_suffix(".copy")
    if not pristine.exists():
        pristine.write_bytes(saved.read_bytes())
    data = pristine.read_bytes()
    for share, length, new in edits:
        at = int(share * len(data))
        data = data[:at] + new + data[at + length :]
    saved.write_bytes(data)
    untouched = set(data.split(b"\n")) & set(pristine.read_bytes().split(b"\n"))
    users = {event["id"] for event in map(json.loads, filter(None, untouched)) if event.get("role") == "user"}
    with Journal.open_any(saved.parent) as journal:
        assert {key: journal.tree.messages[key].text for key in users} == {key: TEXTS[key] for key in users}
        if not journal.read_only:
            journal.append_message(question("new", "still here?", journal.tree.leaf))
    again = Journal.open(saved.parent, read_only=True)
    assert users <= again.tree.messages.keys()
    assert journal.read_only or "new" in again.tree.messages


def test_a_damaged_line_costs_that_line_alone(saved: Path) -> None:
    lines = saved.read_bytes().split(b"\n")
    for number in range(len(lines) - 1):
        event = json.loads(lines[number])
        if event.get("kind") == "delta":
            continue
        found = texts(b"\n".join([*lines[:number], b"\xff\xfe{" + lines[number][5:], *lines[number + 1 :]]))
        expected = {key: text for key, text in TEXTS.items() if event.get("role") != "user" or key != event["id"]}
        assert {key: found[key] for key in expected} == expected


def test_a_torn_line_is_cut_off_on_opening_and_not_when_only_reading(saved: Path) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole + b'{"kind":"delta","t":0.1,"id":"a2","pie')
    Journal.open(saved.parent, read_only=True).close()
    assert saved.read_bytes() != whole
    Journal.open(saved.parent).close()
    assert saved.read_bytes() == whole


def test_damaged_lines_are_told_and_stay_in_the_file(saved: Path) -> None:
    data = saved.read_bytes().replace(b'"And in the video?"', b'"And in the video?')
    saved.write_bytes(data)
    with Journal.open(saved.parent) as journal:
        assert journal.notes == ("1 line cannot be read; it is kept in the file.",)
        assert journal.tree.messages["a2"].parent == "a1"
        journal.append_message(question("new", "go on", "a2"))
    assert saved.read_bytes().startswith(data)


def test_one_bad_byte_in_a_text_costs_one_letter(saved: Path) -> None:
    data = saved.read_bytes()
    for bad in (b"\xff", b"\x01"):
        found = texts(data.replace(b"picture?", b"pict" + bad + b"re?"))
        assert found["u1"].startswith("What is in this pict")


def test_lines_whose_newline_was_lost_are_still_read(saved: Path) -> None:
    data = saved.read_bytes()
    first, rest = data.split(b"\n", 1)
    assert texts(first + b"\n" + rest.replace(b"\n", b"")) == TEXTS
    assert texts(data[:-1]) == TEXTS


def test_a_torn_line_in_the_middle_costs_itself_alone(saved: Path) -> None:
    lines = saved.read_bytes().splitlines(keepends=True)
    assert texts(b"".join([*lines[:4], lines[4][:30], *lines[4:]])) == TEXTS


def test_unknown_kinds_and_parts_are_kept_and_told(saved: Path) -> None:
    extra = [
        {"kind": "reaction", "t": 1, "id": "a1", "emoji": "👍"},
        {
            "kind": "message",
            "t": 1,
            "id": "u3",
            "parent": "a2",
            "role": "user",
            "at": "",
            "content": [{"type": "audio", "data": 1}, {"type": "text", "text": "hear"}],
        },
    ]
    with saved.open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in extra)
    before = saved.read_bytes()
    with Journal.open(saved.parent) as journal:
        assert journal.notes == ("1 event of an unknown kind is not shown.",)
        assert journal.tree.messages["u3"].text == "[audio]\nhear"
        journal.set_title("kept")
    assert saved.read_bytes().startswith(before)


HELLO = {"type": "text", "text": "hello"}
PICTURE_PART = {"type": "image", "name": "a.jpg", "sha256": "0" * 64}


@pytest.mark.parametrize(
    "changes",
    [
        {"end": {"kind": "end", "id": "a"}},
        {"end": {"kind": "end", "id": "a", "t": 0.1, "finish_reason": "stop", "usage": {"prompt_tokens": 3}}},
        {"end": {"kind": "end", "id": "a", "t": "0.1", "finish_reason": 5, "seconds": None, "error": None}},
        {"delta": {"kind": "delta", "id": "a", "pieces": [[0, "content", "hi"], [0.1, "content", " there", {"more": 1}]]}},
        {"delta": {"kind": "delta", "id": "a", "t": None, "pieces": [5, [None, "content", "hi there"], [0, "tool", "x"]]}},
        {"question": {"kind": "message", "id": "u", "role": "user", "content": "hello"}},
        {"question": {"kind": "message", "id": "u", "parent": 7, "role": "user", "content": [HELLO], "model": 5}},
        {"reply": {"kind": "message", "id": "a", "role": "assistant", "content": None, "request": [], "at": None}},
    ],
)
def test_events_with_fields_missing_or_unlike_ours_say_what_they_say(saved: Path, changes: dict[str, dict[str, object]]) -> None:
    lines = {
        "question": {"kind": "message", "t": 0, "id": "u", "parent": None, "role": "user", "content": [HELLO], "at": ""},
        "reply": {"kind": "message", "t": 1, "id": "a", "parent": "u", "role": "assistant", "content": [], "at": ""},
        "delta": {"kind": "delta", "t": 1, "id": "a", "pieces": [[0, "content", "hi"], [1, "content", " there"]]},
        "end": {"kind": "end", "t": 0, "id": "a", "finish_reason": "stop", "usage": None},
    } | changes
    saved.write_text("".join(json.dumps(line) + "\n" for line in lines.values()))
    journal = Journal.open(saved.parent, read_only=True)
    assert [(message.role, message.text) for message in journal.tree.path()] == [("user", "hello"), ("assistant", "hi there")]
    assert not journal.tree.messages["a"].unfinished
    assert journal.notes == ()


@pytest.mark.parametrize("part", [5, None, {}, {"type": ["image"]}, {"type": "image"}, {"type": "video", "name": 5}])
def test_parts_that_cannot_be_understood_are_lines_of_text(saved: Path, part: object) -> None:
    with saved.open("a") as file:
        message = {"kind": "message", "t": 1, "id": "u3", "parent": "a2", "role": "user", "at": "", "content": [part, HELLO]}
        file.write(json.dumps(message) + "\n")
    text = Journal.open(saved.parent, read_only=True).tree.messages["u3"].text
    assert text.startswith("[")
    assert text.endswith("]\nhello")


@pytest.mark.parametrize("created", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2026-13-01", "soon", ""])
def test_dates_that_cannot_be_do_no_harm(saved: Path, capsys: pytest.CaptureFixture[str], created: str) -> None:
    _header, rest = saved.read_text().split("\n", 1)
    saved.write_text(f'{{"format":"minicpm-tui-session","version":1,"id":"x","created":"{created}"}}\n{rest}')
    assert run(["sessions", "list"]) == 0
    for name in ("md", "html", "cast", "json"):
        assert export(Journal.open(saved.parent, read_only=True), name, saved.parent / f"x.{name}") is None
    assert "What is in this picture?" in capsys.readouterr().out


def test_an_error_in_words_alone_is_shown(saved: Path) -> None:
    with saved.open("a") as file:
        file.write('{"kind":"end","t":0,"id":"a2","finish_reason":null,"usage":null,"error":"the cable was pulled"}\n')
    end = Journal.open(saved.parent, read_only=True).tree.messages["a2"].end
    assert end is not None
    assert end.error is not None
    assert end.error.line() == "the cable was pulled"


@pytest.mark.parametrize(
    ("part", "digests"),
    [
        (PICTURE_PART | {"source": None}, 1),
        (PICTURE_PART | {"width": "64", "height": None, "source": {"path": 5}}, 1),
        (PICTURE_PART | {"media_type": ["image/png"]}, 1),
        ({"type": "video", "name": "v.mp4", "frames": [{"sha256": "0" * 64}, {"time": 1}, 5], "source": None}, 1),
    ],
)
def test_attachments_with_odd_fields_are_still_attachments(saved: Path, part: dict[str, object], digests: int) -> None:
    with saved.open("a") as file:
        message = {"kind": "message", "t": 1, "id": "u3", "parent": "a2", "role": "user", "at": "", "content": [part]}
        file.write(json.dumps(message) + "\n")
    (found,) = media_of(Journal.open(saved.parent, read_only=True).tree.messages["u3"].content)
    assert found.name == part["name"]
    assert len(found.digests) == digests


def test_a_newer_version_is_read_and_not_written(saved: Path) -> None:
    data = saved.read_bytes().replace(b'"version":1', b'"version":2')
    saved.write_bytes(data)
    with pytest.raises(SessionError, match="newer version"):
        Journal.open(saved.parent)
    journal = Journal.open_any(saved.parent)
    assert journal.read_only
    assert journal.tree.messages["a2"].text == "It walks away."
    assert "newer version" in journal.notes[0]


@pytest.mark.parametrize(
    "data", [b"", b"\n\n\n", b"\x00" * 5000, b"[" * 100_000, b'{"kind":"message"}\n', b'{"kind":5}\n1\nnull\n"x"\n']
)
def test_files_that_are_no_journal_open_empty(saved: Path, data: bytes) -> None:
    saved.write_bytes(data)
    with Journal.open(saved.parent) as journal:
        assert journal.tree.path() == ()
        journal.append_message(question("u", "hi"))
    assert [message.text for message in Journal.open(saved.parent, read_only=True).tree.path()] == ["hi"]


def test_times_that_cannot_be_do_no_harm(saved: Path) -> None:
    with saved.open("a") as file:
        file.write('{"kind":"title","t":1e308,"text":"far"}\n{"kind":"title","t":-5,"text":"back"}\n')
    with Journal.open(saved.parent) as journal:
        journal.append_message(question("u", "hi", "a2"))
    assert Journal.open(saved.parent, read_only=True).title == "back"

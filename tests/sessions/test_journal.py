"""A session is written as it happens and reads back the same."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from minicpm_tui import paths
from minicpm_tui.errors import SessionDamaged, SessionError, SessionLocked, SessionNotFound
from minicpm_tui.messages import Delta, End, Message, TextPart
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.journal import Journal
from tests.sessions.talk import BLOBS, MODEL, PICTURE, answer, conversation, question, reply


def lines(journal: Journal) -> list[dict[str, object]]:
    assert journal.path is not None
    return [json.loads(line) for line in (journal.path / "session.jsonl").read_text().splitlines()]


def test_reads_back_what_was_written() -> None:
    written = conversation()
    with Journal.open(written.id) as journal:
        assert journal.tree == written.tree
        assert [message.text for message in journal.tree.path()] == [
            "What is in this picture? 这是一只猫吗",
            "A cat sits on a **red** sofa.",
            "And in the video?",
            "It walks away.",
        ]
        first = journal.tree.messages["a1"]
        assert first.reasoning == "Let me look."
        assert first.end is not None
        assert first.end.finish_reason == "stop"
        assert journal.settings == {"model": MODEL}
        assert journal.title == "What is in this picture? 这是一只猫吗"
        assert journal.blobs.read(PICTURE.sha256) == PICTURE.data
        assert journal.notes == ()


def test_lines_are_the_format_of_the_design() -> None:
    header, opened, settings, message, *_rest, end = lines(conversation())
    assert header["format"] == "minicpm-tui-session"
    assert header["version"] == 1
    assert opened["kind"] == "open"
    assert settings == {"kind": "settings", "t": 0.0, "model": MODEL}
    assert (message["kind"], message["parent"], message["role"]) == ("message", None, "user")
    picture = message["content"][1]  # type: ignore[index] # a list of parts, as JSON has it
    assert picture == {
        "type": "image",
        "name": "cat.jpg",
        "sha256": PICTURE.sha256,
        "width": 64,
        "height": 48,
        "source": {"path": "/photos/cat.jpg", "bytes": 999},
    }
    assert set(end) == {"kind", "t", "id", "finish_reason", "usage", "seconds", "first_token_seconds"}


def test_pieces_keep_their_own_times() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        journal.append_message(reply("a", "u"))
        journal.append_deltas("a", [Delta("content", "x", 0.25), Delta("content", "y", 0.5)])
        journal.append_deltas("a", [Delta("content", "z", 0.625)])
    deltas = [line for line in lines(journal) if line.get("kind") == "delta"]
    waits = [piece[0] for line in deltas for piece in line["pieces"]]  # type: ignore[attr-defined] # a list, as JSON has it
    assert waits == pytest.approx([0.25, 0.25, 0.125], abs=1e-3)
    assert [line["t"] for line in deltas] == pytest.approx([0.5, 0.125], abs=1e-3)


def test_a_reply_ends_when_it_ended_and_not_when_that_was_written() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        journal.append_message(reply("a", "u"))
        journal.append_deltas("a", [Delta("content", "one", 0.5)])
        journal.append_end("a", End("stop", None, 1.25, 0.5))
    assert journal.path is not None
    end = json.loads(journal.path.joinpath("session.jsonl").read_bytes().splitlines()[-1])
    assert end["t"] == pytest.approx(0.75, abs=0.01)


def test_folder_and_files_are_private() -> None:
    folder = conversation().path
    assert folder is not None
    assert folder.parent == paths.sessions_dir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert sorted(path.name.split(".")[0] for path in (folder / "attachments").iterdir()) == sorted(BLOBS)


def test_nothing_is_made_before_something_is_said() -> None:
    with Journal.create(settings={"model": "m"}) as journal:
        assert not journal.saved
    assert not paths.sessions_dir().exists()


def test_editing_and_choosing_are_appended() -> None:
    with Journal.open(conversation().id) as journal:
        journal.append_message(question("u2b", "And its colour?", "a1"))
        answer(journal, "a2b", "u2b", "Grey.")
        assert journal.tree.position("u2b") == (2, 2)
        journal.select("u2")
        journal.set_title("The cat")
        journal.append_settings({"model": "other", "temperature": 0.1})
    with Journal.open(journal.id) as again:
        assert [message.id for message in again.tree.path()] == ["u1", "a1", "u2", "a2"]
        assert again.tree.position("a2b") == (1, 1)
        assert again.title == "The cat"
        assert again.settings == {"model": "other", "temperature": 0.1}


def test_a_reply_that_did_not_end_is_marked() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        journal.append_message(reply("a", "u"))
        journal.append_deltas("a", [Delta("content", "Hel", 0.1)])
    with Journal.open(journal.id) as again:
        assert again.tree.messages["a"].unfinished
        assert again.tree.messages["a"].text == "Hel"
        again.append_message(question("u2", "go on", "a"))
    assert Journal.open(journal.id, read_only=True).tree.leaf == "u2"


def test_a_second_writer_is_told_who_writes_and_can_read() -> None:
    with Journal.open(conversation().id) as first:
        with pytest.raises(SessionLocked, match=r"is being written by .+:\d+"):
            Journal.open(first.id)
        second = Journal.open_any(first.id)
        assert second.read_only
        assert "is being written by" in second.read_only_reason
        assert second.tree == first.tree
        with pytest.raises(SessionError, match="read-only"):
            second.append_message(question("x", "no", "a2"))
        assert "x" not in second.tree.messages
    assert not Journal.open_any(first.id).read_only


def test_a_new_session_is_locked_from_its_first_line() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        with pytest.raises(SessionLocked):
            Journal.open(journal.id)


def test_a_prefix_is_enough_when_only_one_begins_so() -> None:
    one, two = conversation(), conversation()
    assert Journal.open(one.id[:-1] if one.id[:-1] != two.id[:-1] else one.id, read_only=True).id == one.id
    with pytest.raises(SessionNotFound, match="Several"):
        ids.find(one.id[:4])
    for name in ("nothing", "", "..", "../sessions", "a/b"):
        with pytest.raises(SessionNotFound):
            ids.find(name)


def test_unsaved_sessions_behave_the_same_and_write_nothing(home: Path) -> None:
    with Journal.create(save=False, settings={"model": "m"}) as journal:
        journal.append_message(question("u", "look", media=True), BLOBS)
        answer(journal, "a", "u", "Yes.")
        assert journal.tree.messages["a"].text == "Yes."
        assert journal.blobs.read(PICTURE.sha256) == PICTURE.data
        assert journal.settings == {"model": "m"}
        assert journal.path is None
    assert not home.exists()


def test_unknown_parents_ids_and_attachments_are_refused() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        with pytest.raises(ValueError, match="parent unknown"):
            journal.append_message(reply("a", "nobody"))
        with pytest.raises(ValueError, match="taken"):
            journal.append_message(question("u", "again"))
        with pytest.raises(ValueError, match="attachment"):
            journal.append_message(question("v", "look", "u", media=True))
    assert list(Journal.open(journal.id).tree.messages) == ["u"]


def test_reading_does_not_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        begun, go_on = threading.Event(), threading.Event()

        def slow(_handle: int) -> None:
            begun.set()
            assert go_on.wait(10)

        monkeypatch.setattr(os, "fsync", slow)
        writer = threading.Thread(target=journal.append_message, args=(question("v", "slow", "u"),))
        writer.start()
        assert begun.wait(10)
        assert list(journal.tree.messages) == ["u"]
        assert journal.title == "hi"
        go_on.set()
        writer.join()
        assert list(journal.tree.messages) == ["u", "v"]


def test_a_whole_reply_can_be_added_at_once() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        done = Message("a", "u", "assistant", (TextPart("Hello."),), "", reasoning="Hm.", end=End("stop"))
        journal.append_message(done)
    assert Journal.open(journal.id).tree.messages["a"] == done


def test_file_names_that_are_no_text_do_not_stop_the_journal() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "caf\udce9"))
    assert Journal.open(journal.id).tree.messages["u"].text == "caf?"


def test_attachments_are_checked_when_read() -> None:
    journal = conversation()
    assert journal.path is not None
    path = journal.path / "attachments" / f"{PICTURE.sha256}.jpg"
    path.write_bytes(b"something else")
    with pytest.raises(SessionDamaged, match="has changed"):
        journal.blobs.read(PICTURE.sha256)
    path.unlink()
    with pytest.raises(SessionDamaged, match="missing"):
        journal.blobs.read(PICTURE.sha256)


def test_ten_thousand_messages_are_read_in_one_pass() -> None:
    """With a copy of the tree for each message this takes minutes."""
    with Journal.create() as journal:
        parent = None
        for index in range(100):
            journal.append_message(question(f"u{index}", "hi", parent))
            parent = f"u{index}"
    assert journal.path is not None
    with (journal.path / "session.jsonl").open("a") as file:
        for index in range(100, 10_000):
            line = {
                "kind": "message",
                "t": 1,
                "id": f"u{index}",
                "parent": f"u{index - 1}",
                "role": "user",
                "content": [],
                "at": "",
            }
            file.write(json.dumps(line) + "\n")
    assert len(Journal.open(journal.id).tree.path()) == 10_000

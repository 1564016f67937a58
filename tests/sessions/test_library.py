"""The list, the search and the trash."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from minicpm_tui import paths
from minicpm_tui.errors import SessionError, SessionLocked, SessionNotFound, StorageError
from minicpm_tui.sessions import index
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.library import Library
from minicpm_tui.sessions.mounts import on_network
from minicpm_tui.sessions.words import marked, query, snippet
from tests.sessions.spoiling import spoil
from tests.sessions.talk import BLOBS, MODEL, PICTURE, answer, conversation, next_millisecond, question


def said(text: str, reply: str = "Yes.") -> Journal:
    with Journal.create() as journal:
        journal.append_message(question("u", text))
        answer(journal, "a", "u", reply)
    next_millisecond()
    return journal


def found(library: Library, text: str) -> list[str]:
    return [hit.session.id for hit in library.search(text)]


def complete(library: Library) -> bool:
    return library.complete


@pytest.fixture
def library() -> Library:
    return Library()


def test_the_list_says_what_each_session_is(library: Library) -> None:
    journal = conversation()
    assert library.newest() == []
    assert library.reconcile()
    (info,) = library.newest()
    assert (info.id, info.title, info.model) == (journal.id, "What is in this picture? 这是一只猫吗", MODEL)
    assert (info.turns, info.attachments) == (2, 2)
    assert journal.path is not None
    assert info.bytes == sum(path.stat().st_size for path in journal.path.rglob("*") if path.is_file())
    assert info.pictures[0] == PICTURE.sha256
    assert info.created <= info.updated
    assert info.created.endswith("Z")
    assert not library.reconcile()


def test_newest_use_comes_first(library: Library) -> None:
    first, second = said("one"), said("two")
    for journal, created in ((first, "2026-01-01T10:00:00Z"), (second, "2026-01-02T10:00:00Z")):
        assert journal.path is not None
        file = journal.path / "session.jsonl"
        file.write_text(file.read_text().replace(journal.created, created, 1))
    with Journal.open(first.id) as journal:
        journal.append_message(question("v", "three", "a"))
    library.reconcile()
    assert [info.id for info in library.newest()] == [first.id, second.id]
    assert [info.turns for info in library.newest()] == [2, 1]


def test_a_session_in_which_nothing_was_said_is_not_listed(library: Library) -> None:
    with Journal.create() as journal:
        journal.set_title("nothing yet")
    library.reconcile()
    assert library.newest() == []
    assert not library.reconcile()


@pytest.mark.parametrize(
    "text", ["猫", "一只猫", "CAT", "sits red", '"red sofa"', "sof", "walk.mp4", "cat.jpg", "in this pict", "“猫”", "video?"]
)
def test_searches_that_find(library: Library, text: str) -> None:
    said("something else", "nothing to find here")
    journal = conversation()
    library.reconcile()
    assert found(library, text) == [journal.id]


@pytest.mark.parametrize("text", ["狗", "猫一", "sofa grey", '"sofa red"', "ofa", "猫 AND NOT", "reasoning"])
def test_searches_that_find_nothing(library: Library, text: str) -> None:
    conversation()
    library.reconcile()
    assert found(library, text) == []


@pytest.mark.parametrize(
    "text", ["", "   ", "*", '"', "'; DROP TABLE session", "(", "a OR", "NEAR(", "^", "\x00", "col:", "-", "—？"]
)
def test_no_search_text_is_a_wrong_one(library: Library, text: str) -> None:
    conversation()
    library.reconcile()
    library.search(text)


def test_no_words_find_everything(library: Library) -> None:
    journal = conversation()
    library.reconcile()
    assert found(library, "  ") == [journal.id]


def test_hits_say_where(library: Library) -> None:
    conversation()
    library.reconcile()
    (hit,) = library.search("sofa")
    assert hit.message == "a1"
    assert "red** sofa" in hit.snippet
    assert set(hit.contract()) == {
        *("id", "title", "created", "updated", "model", "turns", "attachments", "bytes"),
        *("message", "snippet"),
    }


def test_a_limited_search_gives_the_newest(library: Library) -> None:
    journal = conversation()
    assert journal.path is not None
    names = [f"2026{month:02}01-000000-abcd" for month in (3, 1, 2)]
    for name in names:
        shutil.copytree(journal.path, journal.path.with_name(name))
    shutil.rmtree(journal.path)
    library.reconcile()
    shutil.copytree(journal.path.with_name(names[0]), journal.path.with_name("20260215-000000-abcd"))
    library.reconcile()
    assert {hit.session.id for hit in library.search("sofa", limit=2)} == {names[0], "20260215-000000-abcd"}


def test_closing_while_the_folders_are_read_keeps_the_index() -> None:
    journal = conversation()
    library = Library()
    library.reconcile()
    library.close()
    with pytest.raises(StorageError, match="closed"):
        library.reconcile()
    with Library() as again:
        assert [info.id for info in again.newest()] == [journal.id]


def test_titles_are_found_and_given(library: Library) -> None:
    journal = conversation()
    library.rename(journal.id, "Haustiere im Garten")
    assert found(library, "haustiere") == [journal.id]
    assert library.newest()[0].title == "Haustiere im Garten"


def test_changes_by_others_are_seen(library: Library) -> None:
    one, two = said("one"), said("two")
    library.reconcile()
    assert one.path is not None
    shutil.rmtree(one.path)
    with Journal.open(two.id) as journal:
        journal.append_message(question("v", "more of it", "a"))
    assert library.reconcile()
    assert [info.id for info in library.newest()] == [two.id]
    assert found(library, "more") == [two.id]
    assert found(library, "one") == []


def test_an_edited_text_is_no_longer_found(library: Library) -> None:
    journal = said("unicorn")
    library.reconcile()
    assert journal.path is not None
    file = journal.path / "session.jsonl"
    file.write_text(file.read_text().replace("unicorn", "donkey, a"))
    library.reconcile()
    assert found(library, "unicorn") == []
    assert found(library, "donkey") == [journal.id]


def test_trash_and_back(library: Library) -> None:
    journal = conversation()
    library.reconcile()
    assert library.delete(journal.id[:-1]) == journal.id
    assert library.newest() == []
    assert [info.id for info in library.trash()] == [journal.id]
    with pytest.raises(SessionNotFound):
        Journal.open(journal.id)
    assert library.restore(journal.id) == journal.id
    assert library.newest()[0].id == journal.id
    assert Journal.open(journal.id).blobs.read(PICTURE.sha256) == BLOBS[PICTURE.sha256].data
    assert library.trash() == []


def test_a_session_in_use_is_not_deleted(library: Library) -> None:
    with Journal.open(conversation().id) as journal:
        with pytest.raises(SessionLocked):
            library.delete(journal.id)
        journal.append_message(question("v", "still here", "a2"))
    assert "v" in Journal.open(journal.id).tree.messages


def test_restoring_never_replaces_a_session(library: Library) -> None:
    journal = conversation()
    library.delete(journal.id)
    shutil.copytree(paths.data_dir() / "trash" / journal.id, paths.sessions_dir() / journal.id)
    with pytest.raises(SessionError, match="already a session with this id"):
        library.restore(journal.id)


@pytest.mark.parametrize("damage", ["garbage", "empty", "middle", "older", "folder"])
def test_a_damaged_index_is_made_again(damage: str) -> None:
    journal = conversation()
    with Library() as library:
        library.reconcile()
    file = paths.cache_dir() / "sessions.sqlite"
    data = file.read_bytes()
    for path in file.parent.glob("sessions.sqlite*"):
        path.unlink()
    match damage:
        case "garbage":
            file.write_bytes(b"this is no database " * 1000)
        case "empty":
            file.write_bytes(b"")
        case "middle":
            file.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
        case "older":
            with sqlite3.connect(file) as db:
                db.executescript("CREATE TABLE session(old); PRAGMA user_version = 99")
            db.close()
        case _:
            file.mkdir()
    with Library() as library:
        library.reconcile()
        assert [info.id for info in library.newest()] == [journal.id]
        assert found(library, "sofa") == [journal.id]


@pytest.mark.parametrize("table", ["words_data", "chunk"])
def test_an_index_that_turns_out_to_be_damaged_is_made_anew_by_the_next_look_at_the_folders(table: str) -> None:
    journal = conversation()
    with Library() as library:
        library.reconcile()
    spoil(table)
    with Library() as library:
        library.reconcile()
        assert complete(library)
        library.search("sofa")
        assert not complete(library)
        library.reconcile()
        assert complete(library)
        assert found(library, "sofa") == [journal.id]


def test_a_locked_index_costs_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "PATIENCE", 0.01)
    journal = conversation()
    with Library() as library:
        library.reconcile()
        with sqlite3.connect(paths.cache_dir() / "sessions.sqlite", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            library.rename(journal.id, "renamed")  # cannot be written into the index
            assert not complete(library)
            library.reconcile()
            assert complete(library)
            assert [info.title for info in library.newest()] == ["renamed"]
        other.close()


def test_many_new_sessions_show_their_titles_before_their_texts(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = conversation()
    assert journal.path is not None
    for number in range(120):
        shutil.copytree(journal.path, journal.path.with_name(f"20260101-000000-{number:04}"))
    seen: list[tuple[int, int]] = []
    library.reconcile(progress=lambda done, total: seen.append((done, len(library.newest()))))
    assert seen[:2] == [(0, 100), (0, 121)]
    assert seen[-1] == (121, 121)
    assert len(found(library, "sofa")) == 121


def test_reconciling_can_be_stopped_and_goes_on_later(library: Library) -> None:
    journal = conversation()
    library.reconcile(cancelled=lambda: True)
    assert library.newest() == []
    library.reconcile()
    assert [info.id for info in library.newest()] == [journal.id]


def test_two_programs_share_the_index() -> None:
    journal = conversation()
    with Library() as one, Library() as two:
        one.reconcile()
        assert [info.id for info in two.newest()] == [journal.id]
        two.rename(journal.id, "renamed")
        assert one.newest()[0].title == "renamed"


def test_queries_are_phrases_whose_last_word_may_go_on() -> None:
    assert query("red so") == '"red"* AND "so"*'
    assert query("沙发") == '"沙 发"'
    assert query("V-4_5") == '"V 4 5"*'


def test_snippets_show_the_place() -> None:
    text = "x " * 100 + "the needle is here\nand more " + "y " * 100
    shown = snippet(text, "NEEDLE")
    assert "needle is here and" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= 82


def test_what_was_searched_for_is_marked() -> None:
    assert marked("A red sofa, Redder", "RED sofa") == [
        ("A ", False), ("red", True), (" ", False), ("sofa", True), (", ", False), ("Red", True), ("der", False),
    ]  # fmt: skip
    assert marked("a+b", "+") == [("a", False), ("+", True), ("b", False)]
    assert marked("nothing", " ") == [("nothing", False)]


MOUNTS = (
    "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "30 21 0:40 / /home rw,relatime shared:9 - nfs4 server:/home rw\n"
    "31 30 0:41 / /home/me/my\\040disk rw - ext4 /dev/sdb rw\n"
    "32 21 0:42 / /mnt/box rw - fuse.sshfs me@box: rw\n"
)


@pytest.mark.parametrize(
    ("path", "network"),
    [("/home/me/.cache", True), ("/home/me/my disk/x", False), ("/var", False), ("/mnt/box/x", True), ("/homework", False)],
)
def test_network_file_systems_are_known(path: str, network: bool) -> None:
    assert on_network(Path(path), MOUNTS) is network


def test_the_index_has_no_wal_on_a_network_file_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicpm_tui.sessions.index.on_network", lambda path: True)
    journal = conversation()
    with Library() as library:
        library.reconcile()
        assert found(library, "sofa") == [journal.id]
        assert not list(paths.cache_dir().glob("*-wal"))


def test_the_fields_are_the_contract(library: Library) -> None:
    conversation()
    library.reconcile()
    plain = json.loads(json.dumps(library.newest()[0].contract()))
    assert list(plain) == ["id", "title", "created", "updated", "model", "turns", "attachments", "bytes"]

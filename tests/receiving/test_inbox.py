"""What is copied into the inbox is taken when it is complete, once, and under a name that leads nowhere."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from minicpm_tui.errors import StorageError
from minicpm_tui.receiving import inbox
from minicpm_tui.receiving.inbox import Inbox
from tests.waiting import wait_for

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "inbox"
    path.mkdir()
    return path


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet file is complete at the second look."""
    monkeypatch.setattr(inbox, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(inbox, "QUIET_FOLDER_SECONDS", 0.0)


def names(box: Inbox) -> list[str]:
    return [path.name for path in box.complete()]


def test_a_file_that_is_being_written_is_not_complete(folder: Path) -> None:
    box = Inbox(folder)
    with (folder / "shot.png").open("wb") as file:
        file.write(PNG)
        file.flush()
        assert names(box) == names(box) == []
    assert names(box) == ["shot.png"]


def test_one_of_which_nobody_knows_who_writes_it_has_to_rest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "written_now", lambda _path: True)
    (folder / "shot.png").write_bytes(PNG)
    box = Inbox(folder)
    assert names(box) == []
    monkeypatch.setattr(inbox, "DOUBT_SECONDS", 0.0)
    assert names(box) == ["shot.png"]


def test_one_that_grows_between_looks_is_not_complete(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "QUIET_SECONDS", 0.01)
    box = Inbox(folder)
    for size in range(1, 4):
        (folder / "shot.png").write_bytes(PNG * size)
        assert names(box) == []
    wait_for(lambda: names(box) == ["shot.png"])


def test_parts_links_devices_and_empty_files_are_left(folder: Path) -> None:
    (folder / ".shot.png.Xa82k").write_bytes(PNG)
    (folder / "shot.png.filepart").write_bytes(PNG)
    (folder / "empty.png").write_bytes(b"")
    (folder / "secret.png").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.png")
    box = Inbox(folder)
    assert names(box) == names(box) == []


def test_a_folder_is_taken_whole(folder: Path, tmp_path: Path) -> None:
    (folder / "holiday").mkdir()
    (folder / "holiday" / "a.png").write_bytes(PNG)
    box = Inbox(folder)
    assert names(box) == ["holiday"]
    taken = inbox.take(folder / "holiday", tmp_path / "received")
    assert taken is not None
    assert [path.name for path in taken.iterdir()] == ["a.png"]


def test_two_programs_take_it_once(folder: Path, tmp_path: Path) -> None:
    (folder / "shot.png").write_bytes(PNG)
    assert inbox.take(folder / "shot.png", tmp_path / "one") == tmp_path / "one" / "shot.png"
    assert inbox.take(folder / "shot.png", tmp_path / "two") is None


def test_nothing_that_is_there_is_replaced(folder: Path, tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        (folder / "shot.png").write_bytes(content)
        inbox.take(folder / "shot.png", tmp_path / "to")
    assert {path.name: path.read_bytes() for path in (tmp_path / "to").iterdir()} == {
        "shot.png": b"first",
        "shot-2.png": b"second",
    }


def test_what_cannot_be_taken_leaves_nothing_in_its_place(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_source: Path, _target: Path) -> Path:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    (folder / "shot.png").write_bytes(PNG)
    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(StorageError, match="cross-device"):
        inbox.take(folder / "shot.png", tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == []
    assert (folder / "shot.png").read_bytes() == PNG


def test_without_a_folder_nothing_has_arrived(tmp_path: Path) -> None:
    assert Inbox(tmp_path / "none").complete() == []

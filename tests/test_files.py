"""Files are whole or not there, and one writer at a time holds a lock."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minicpm_tui.errors import NameTaken, StorageError
from minicpm_tui.files import FileLock, LockHeld, make_private_dir, whole_path, write_durably

HOLD = """
import sys
from pathlib import Path
from minicpm_tui.files import FileLock
lock = FileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_writing_replaces_the_whole_file_privately(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("old and longer")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_there_is_replaced_only_when_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "answer.txt"
    write_durably(path, b"first", overwrite=False)
    with pytest.raises(NameTaken, match=f"{path} — .*--overwrite"):
        write_durably(path, b"second", overwrite=False)
    assert path.read_bytes() == b"first"
    write_durably(path, b"third", overwrite=True)
    assert path.read_bytes() == b"third"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_another_program_takes_at_the_last_moment_is_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "answer.txt"
    link = os.link

    def late(finished: Path, name: Path) -> None:
        path.write_bytes(b"theirs")
        link(finished, name)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(NameTaken):
        write_durably(path, b"ours", overwrite=False)
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_without_links_takes_a_new_file_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_finished: Path, _name: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    write_durably(tmp_path / "answer.txt", b"ours", overwrite=False)
    assert (tmp_path / "answer.txt").read_bytes() == b"ours"


def test_a_whole_path_is_what_the_name_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert whole_path(Path("a.md")) == tmp_path / "deep" / "a.md"
    assert whole_path(Path("~/a.md")) == tmp_path / "a.md"
    assert whole_path(Path("../a.md")) == tmp_path / "a.md"
    assert whole_path(Path("~nobody-of-this-name/a.md")).is_absolute()


def test_a_full_disk_is_one_clear_line_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    path.write_text("old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"state\.json: No space left on device — free some space"):
        write_durably(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_private_folders_are_their_owners_alone(tmp_path: Path) -> None:
    assert make_private_dir(tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        make_private_dir(tmp_path / "file" / "b")


def test_a_second_writer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LockHeld) as caught:
            FileLock(path).acquire()
        assert caught.value.holder.endswith(f":{other.pid}")
        other.kill()
    with FileLock(path):
        pass


def test_without_flock_a_named_file_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(_handle: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    path = tmp_path / "lock"
    lock = FileLock(path).acquire()
    with pytest.raises(LockHeld):
        FileLock(path).acquire()
    lock.release()
    FileLock(path).acquire().release()
    host = os.uname().nodename
    path.with_name("lock.owner").write_text(f"{host}:999999999")
    FileLock(path).acquire().release()


def test_a_lock_holds_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with FileLock(tmp_path / "lock").acquire(), pytest.raises(LockHeld):
        FileLock(tmp_path / "lock").acquire()

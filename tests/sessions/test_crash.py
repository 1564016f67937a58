"""Killed writers, full disks, read-only folders."""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from minicpm_tui.errors import StorageError
from minicpm_tui.messages import Blob, Delta, End, ImagePart, Message, media_of
from minicpm_tui.sessions.journal import Journal
from tests.sessions.talk import answer, conversation, question, reply


def _write_until_killed(folder: Path, said: int) -> None:
    """The killed writer: says on the pipe ``said`` what it was told is durable."""
    with Journal.open(folder) as journal:
        parent = journal.tree.leaf
        for index in range(10_000):
            blob = Blob(os.urandom(300), "image/png")
            user = Message(f"{os.getpid()}-u{index}", parent, "user", (ImagePart("x.png", blob.sha256),), "")
            journal.append_message(user, {blob.sha256: blob})
            os.write(said, f"{user.id}\n".encode())
            answer(journal, f"{os.getpid()}-a{index}", user.id, "one two three")
            os.write(said, f"{os.getpid()}-a{index}\n".encode())
            parent = f"{os.getpid()}-a{index}"


def killed_after(folder: Path, messages: int, delay: int) -> list[str]:
    """Fork a writer, kill it a little after its ``messages``-th durable message; what it had said was durable."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        try:
            _write_until_killed(folder, into)
        finally:
            os._exit(1)
    os.close(into)
    said = b""
    with os.fdopen(out, "rb", buffering=0) as pipe:
        while said.count(b"\n") < messages:
            said += pipe.read(4096) or b""
        for _spin in range(delay):
            pass
        os.kill(pid, signal.SIGKILL)
        while more := pipe.read(4096):
            said += more
    os.waitpid(pid, 0)
    return said.decode().splitlines()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_two_hundred_kills_lose_nothing_that_was_durable() -> None:
    folder = conversation().path
    assert folder is not None
    durable: set[str] = set()
    for attempt in range(200):
        durable.update(killed_after(folder, 1 + attempt % 3, attempt * 977 % 20_000))
        with Journal.open(folder) as journal:
            messages = journal.tree.messages
            assert durable <= messages.keys()
            assert journal.notes == ()
    digests = [part.digests for message in messages.values() for part in media_of(message.content)]
    assert all(journal.blobs.read(each[0]) for each in digests)
    assert all(messages[name].end for name in durable if "-a" in name)


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 4 kB: as on a full disk, a write stops in the middle."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_nothing_written_is_lost_and_the_reply_is_kept() -> None:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    with Journal.open(conversation().id) as journal:
        assert journal.path is not None
        file = journal.path / "session.jsonl"
        journal.append_message(question("u3", "a long one please", "a2"))
        journal.append_message(reply("a3", "u3"))
        before = file.read_bytes()
        limit_files(len(before) + 100)
        with pytest.raises(StorageError):
            journal.append_deltas("a3", [Delta("content", "x" * 500, 0.1)])
        with pytest.raises(StorageError):
            journal.append_end("a3", End("stop"))
        with pytest.raises(StorageError):
            journal.append_message(question("u4", "lost?", "a3"))
        assert "u4" not in journal.tree.messages
        assert journal.tree.messages["a3"].text == "x" * 500
        assert file.read_bytes() == before
        limit_files(hard)
        journal.append_message(question("u5", "now there is room", "a3"))
        assert file.read_bytes().startswith(before)
    again = Journal.open(journal.id)
    assert again.tree == journal.tree
    assert again.tree.messages["a3"].end == End("stop")


@pytest.mark.usefixtures("full_disk")
def test_an_attachment_that_does_not_fit_leaves_nothing_behind() -> None:
    with Journal.create() as journal:
        journal.append_message(question("u", "hi"))
        blob = Blob(os.urandom(9000), "image/png")
        limit_files(8000)
        with pytest.raises(StorageError, match="attachments"):
            journal.append_message(Message("v", "u", "user", (ImagePart("x.png", blob.sha256),), ""), {blob.sha256: blob})
        assert journal.path is not None
        assert list((journal.path / "attachments").iterdir()) == []
        assert "v" not in journal.tree.messages


def test_a_folder_that_cannot_be_made_is_one_clear_line(home: Path) -> None:
    home.write_text("a file where the folder should be")
    with Journal.create() as journal, pytest.raises(StorageError, match="home"):
        journal.append_message(question("u", "hi"))


def test_a_folder_that_cannot_be_written_opens_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = conversation().path
    assert folder is not None
    (folder / "lock").unlink()
    folder.chmod(0o500)
    if os.geteuid() == 0:  # permissions do not stop root: refuse as a read-only disk does
        monkeypatch.setattr(os, "open", _read_only(os.open))
    with pytest.raises(StorageError):
        Journal.open(folder)
    journal = Journal.open_any(folder)
    assert journal.read_only
    assert "lock" in journal.read_only_reason
    assert len(journal.tree.path()) == 4


def _read_only(real: Callable[..., int]) -> Callable[..., int]:
    """``os.open`` as it is on a read-only disk."""

    def refuse(path: Path, flags: int, *more: int, **named: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return real(path, flags, *more, **named)

    return refuse

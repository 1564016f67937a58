"""``minicpm-tui take`` hands its stdin to the running program of the same user, which may refuse it."""

from __future__ import annotations

import io
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicpm_tui import paths
from minicpm_tui.cli.main import run
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.receiving import inbox, reception, sockets, transfer
from minicpm_tui.receiving.reception import Reception
from minicpm_tui.receiving.transfer import Transfer
from tests.waiting import wait_for

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200_000)
LIMIT = 1_000_000


class Program:
    """Notes what it is told."""

    def __init__(self, folder: Path) -> None:
        self.transfers: list[Transfer] = []
        self.paths: list[Path] = []
        self.errors: list[str] = []
        self.reception = Reception(lambda: folder, self, LIMIT)

    def began(self, transfer: Transfer) -> None:
        self.transfers.append(transfer)

    def arrived(self, path: Path) -> None:
        self.paths.append(path)

    def failed(self, error: MinicpmTuiError) -> None:
        self.errors.append(str(error))


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    monkeypatch.setattr(reception, "LOOK_SECONDS", 0.02)
    running = Program(tmp_path / "received")
    running.reception.start()
    wait_for(lambda: list(sockets.candidates()))
    yield running
    running.reception.close()


def take(monkeypatch: pytest.MonkeyPatch, data: bytes) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return run(["take"])


def test_it_arrives_whole(program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert take(monkeypatch, PNG) == 0
    (path,) = program.paths
    assert path.read_bytes() == PNG
    assert path.suffix == ".png"
    assert capsys.readouterr().out == f"{path}\n"


def test_only_the_user_can_reach_it(program: Program) -> None:
    (path,) = sockets.candidates()
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 2, "nothing came on stdin"),
        (b"plain words", 1, "Neither a picture nor a video"),
        (PNG + bytes(LIMIT), 1, "too large"),
    ],
)
def test_what_is_refused_says_why_on_both_sides(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: bytes, status: int, words: str
) -> None:
    assert take(monkeypatch, data) == status
    assert words in capsys.readouterr().err
    assert program.paths == []
    assert all(words in error for error in program.errors)
    assert not list(Path(program.reception._folder()).glob("*"))


def test_without_a_program_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert take(monkeypatch, PNG) == 1
    assert "no minicpm-tui of yours is running" in capsys.readouterr().err


def connected(program: Program) -> socket.socket:
    (path,) = sockets.candidates()
    caller = sockets.connect(path)
    assert caller is not None
    caller.sendall(PNG)
    wait_for(lambda: program.transfers and program.transfers[0].received == len(PNG))
    return caller


def test_the_user_stops_it(program: Program) -> None:
    with connected(program):
        program.transfers[0].stop()
        wait_for(lambda: program.errors)
    assert program.paths == []


def test_one_that_sends_no_more_is_given_up(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    with connected(program):
        monkeypatch.setattr(transfer, "STALL_SECONDS", 0.0)
        wait_for(lambda: program.errors)
    assert program.paths == []


def test_the_socket_of_a_program_that_is_gone_is_removed(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = paths.runtime_dirs()[0]
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "99999999.sock"))
    assert take(monkeypatch, PNG) == 0
    assert [path.name for path in folder.iterdir()] != ["99999999.sock"]
    assert not (folder / "99999999.sock").exists()


def test_the_inbox_is_emptied_into_the_conversation(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "QUIET_SECONDS", 0.0)
    (paths.inbox_dir() / "shot.png").write_bytes(PNG)
    wait_for(lambda: program.paths)
    assert [path.name for path in program.paths] == ["shot.png"]
    assert list(paths.inbox_dir().iterdir()) == []


def test_it_is_gone_when_the_program_ends(program: Program) -> None:
    program.reception.close()
    assert list(sockets.candidates()) == []


def test_a_socket_is_found_only_once_it_can_be_connected_to(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    class Late(socket.socket):
        def listen(self, *backlog: int) -> None:
            seen.append(bool(list(sockets.candidates())))
            super().listen(*backlog)

    monkeypatch.setattr(socket, "socket", Late)
    sockets.ProgramSocket().close()
    assert seen == [False]


def test_a_socket_that_is_just_being_made_is_gone_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, released = threading.Event(), threading.Event()

    class Slow(sockets.ProgramSocket):
        def __init__(self) -> None:
            super().__init__()
            made.set()
            released.wait()

    monkeypatch.setattr(reception, "ProgramSocket", Slow)
    running = Program(tmp_path / "received")
    running.reception.start()
    made.wait()
    threading.Timer(0.05, released.set).start()
    running.reception.close()
    assert list(sockets.candidates()) == []


def test_a_login_without_a_runtime_folder_finds_the_same_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MINICPM_TUI_HOME")
    for mode, used in ((0o700, True), (0o755, False)):
        folder = tmp_path / oct(mode)
        folder.mkdir()
        folder.chmod(mode)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        assert (folder / "minicpm-tui" in paths.runtime_dirs()) is used
    assert paths.runtime_dirs()[-1] == paths.state_dir() / "run"

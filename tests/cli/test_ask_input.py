"""What ``ask`` takes besides words and files: stdin, URLs of local files and of data, and the last question again."""

from __future__ import annotations

import base64
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.chat.session_choice import latest_id
from minicpm_tui.cli.main import run
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.sessions import Journal
from tests.terminal import Terminal

Pipe = Callable[[bytes], None]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red one.png"
    Image.new("RGB", (320, 240), "red").save(path)
    return path


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Pipe:
    """Pipes bytes into the program."""
    return lambda data: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def sent(server: DemoServer) -> object:
    return server.chats[-1]["messages"][-1]["content"]


def test_piped_text_follows_the_question(server: DemoServer, pipe: Pipe) -> None:
    pipe(b"the notes\n")
    assert run(["ask", "--url", server.url, "summarise", "this"]) == 0
    assert sent(server) == "summarise this\n\nthe notes"


def test_a_picture_may_come_from_stdin_and_leaves_no_file(
    server: DemoServer, pipe: Pipe, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    pipe(picture.read_bytes())
    assert run(["ask", "--url", server.url, "-f", "-", "What is it?"]) == 0
    assert "320×240" in server_said()
    assert list((tmp_path / "tmp").iterdir()) == []


def server_said() -> str:
    with Journal.open(latest_id(), read_only=True) as journal:
        return journal.tree.path()[-1].text


@pytest.mark.parametrize("kind", ["file", "data"])
def test_a_file_may_be_a_url(kind: str, server: DemoServer, picture: Path) -> None:
    data = base64.b64encode(picture.read_bytes()).decode()
    url = picture.as_uri() if kind == "file" else f"data:image/png;base64,{data}"
    assert run(["ask", "--url", server.url, "-f", url, "What is it?"]) == 0
    assert "320×240" in server_said()


@pytest.mark.parametrize(
    ("arguments", "piped", "words"),
    [
        (["-f", "-", "-f", "-", "x"], b"", "stdin can be used once"),
        (["-f", "-", "-"], b"", "stdin can be used once"),
        (["-f", "-", "x"], b"", "nothing came on stdin"),
        (["x"], b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff", "attach it with -f -"),
        (["-f", "data:image/png;base64,@@", "x"], b"", "has no data"),
        (["-f", "file://elsewhere/a.png", "x"], b"", "must be on this machine"),
        (["--retry", "x"], b"", "give no text"),
        (["--retry"], b"", "no session is saved yet"),
        (["--edit"], b"", "Nothing to ask"),
    ],
)
def test_what_cannot_be_taken_is_one_line(
    arguments: list[str], piped: bytes, words: str, server: DemoServer, pipe: Pipe, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe(piped)
    assert run(["ask", "--url", server.url, *arguments]) != 0
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert server.chats == []


def test_an_open_pipe_without_text_is_said(server: DemoServer) -> None:
    command = [sys.executable, "-m", "minicpm_tui", "ask", "--url", server.url, "hi"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b"< /dev/null" in process.stderr.readline()
        process.communicate(b"more", timeout=60)
        assert process.returncode == 0
    assert sent(server) == "hi\n\nmore"


def test_what_of_a_folder_cannot_be_read_is_said(
    server: DemoServer, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "shots"
    folder.mkdir()
    picture.rename(folder / "a.png")
    for index in range(7):
        (folder / f"empty {index}.png").touch()
    (folder / "gone.png").symlink_to("/no/such.png")
    (folder / "notes.txt").write_text("no picture, and no mistake")
    assert run(["ask", "--url", server.url, "-f", str(folder), "Compare"]) == 0
    said = capsys.readouterr().err
    assert said.count("left out") == 6
    assert "The file is empty" in said
    assert "3 more files are left out" in said
    assert "notes.txt" not in said


def test_the_last_question_is_asked_again_or_otherwise(server: DemoServer, picture: Path) -> None:
    assert run(["ask", "--url", server.url, "-f", str(picture), "One?"]) == 0
    assert run(["ask", "--url", server.url, "--retry"]) == 0
    with Journal.open(latest_id(), read_only=True) as journal:
        assert journal.tree.position(journal.tree.path()[-1].id) == (2, 2)
    assert run(["ask", "--url", server.url, "--edit", "Two?"]) == 0
    with Journal.open(latest_id(), read_only=True) as journal:
        path = journal.tree.path()
    assert [message.text for message in path if message.role == "user"] == ["Two?"]
    assert [message["role"] for message in server.chats[-1]["messages"]] == ["user"]
    assert server.chats[-1]["messages"][0]["content"][0]["type"] == "image_url"


STEERING = "a\x1b]0;title\x07b\tc\r\nd\x9be\rf"


@pytest.mark.parametrize(("flags", "printed"), [((), "a␛]0;title␇b\tc\nd\ufffde\nf\n"), (("--raw",), STEERING + "\n")])
def test_a_pipe_gets_no_control_characters_unless_raw(flags: tuple[str, ...], printed: str, home: Path) -> None:
    with serving(DemoOptions(tokens_per_second=0, reply=STEERING)) as server:
        command = [sys.executable, "-m", "minicpm_tui", "ask", "--url", server.url, *flags, "hi"]
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout.decode()) == (0, printed)


def test_json_escapes_what_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(DemoOptions(tokens_per_second=0, reply="a\x9b31mb\u202ec")) as server:
        assert run(["ask", "--url", server.url, "--json", "hi"]) == 0
    assert r"a\u009b31mb\u202ec" in capsys.readouterr().out


@pytest.mark.parametrize(("flags", "term"), [(("--plain",), "xterm-256color"), ((), "dumb")])
def test_plain_text_is_printed_once_and_never_drawn_again(flags: tuple[str, ...], term: str, home: Path) -> None:
    reply = "**bold** " * 40
    with serving(DemoOptions(tokens_per_second=200, reply=reply)) as server:
        command = [sys.executable, "-m", "minicpm_tui", "ask", "--url", server.url, *flags, "hi"]
        script = '"$@" < /dev/null; echo DONE; sleep 60'
        with Terminal(("/bin/sh", "-c", script, "sh", *command), env={"TERM": term}) as terminal:
            terminal.wait_for("DONE")
            assert b"\x1b" not in terminal.everything
            assert terminal.everything.count(b"**bold**") == 40


def test_a_reply_that_cannot_be_saved_is_a_failure(home: Path) -> None:
    with serving(DemoOptions(tokens_per_second=0, reply="word " * 8000)) as server:
        command = [sys.executable, "-m", "minicpm_tui", "ask", "--url", server.url, "hi"]
        script = 'ulimit -f 8; exec "$@"'
        done = subprocess.run(
            ["bash", "-c", script, "bash", *command], check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    assert done.returncode == 1
    assert done.stdout.decode().count("word") == 8000
    assert b"This reply is not saved" in done.stderr


def test_what_c_libraries_say_is_for_nobody(
    server: DemoServer, picture: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def loud(*_arguments: object) -> None:
        os.write(2, b"TIFFReadDirectory: Warning\n")

    monkeypatch.setattr("minicpm_tui.cli.ask_run.options_for", loud_options(loud))
    assert run(["ask", "--url", server.url, "-f", str(picture), "-f", "/no/such.png", "hi"]) == 1
    assert run(["ask", "--url", server.url, "-f", str(picture), "hi"]) == 0
    said = capfd.readouterr().err
    assert "TIFFReadDirectory" not in said
    assert "/no/such.png" in said


def loud_options(loud: Callable[[], None]) -> Callable[..., object]:
    """``options_for``, beside which a library complains."""
    from minicpm_tui.chat.options import options_for

    def noisy(*arguments: object) -> object:
        loud()
        return options_for(*arguments)  # type: ignore[arg-type]

    return noisy


def test_a_kill_cuts_little(home: Path) -> None:
    """What had been printed a fifth of a second before a kill is on the disk after it."""
    with serving(DemoOptions(tokens_per_second=100, reply="word " * 5000)) as server:
        command = [sys.executable, "-m", "minicpm_tui", "ask", "--url", server.url, "hi"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            printed = b""
            while printed.count(b"word") < 150:
                printed += os.read(process.stdout.fileno(), 4096)
            process.send_signal(signal.SIGKILL)
    with Journal.open(latest_id(), read_only=True) as journal:
        kept = journal.tree.path()[-1].text.count("word")
    assert kept >= 150 - 0.2 * 100


@pytest.mark.parametrize(
    ("pages", "words"), [("3-2", "page= has a value that it cannot have"), ("7-9", "doc.pdf: 7-9"), ("0", "page=")]
)
def test_pages_that_are_none_are_said_as_they_were_written(
    pages: str, words: str, tmp_path: Path, server: DemoServer, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (20, 20)).save(tmp_path / "doc.pdf")
    assert run(["ask", "--url", server.url, "-f", f"{tmp_path}/doc.pdf#page={pages}", "x"]) == 1
    assert words in capsys.readouterr().err

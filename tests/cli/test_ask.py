"""``minicpm-tui ask`` as a shell uses it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from minicpm_tui.chat.session_choice import latest_id
from minicpm_tui.cli.main import run
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.sessions import Journal
from tests.media.counting import frames_of
from tests.media.making import clip

FIELDS = {"text", "reasoning", "usage", "finish_reason", "model", "session", "seconds", "first_token_seconds"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "red.png"
    Image.new("RGB", (320, 240), "red").save(path)
    return path


def ask_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    status = run(["ask", "--json", *arguments])
    captured = capsys.readouterr()
    return status, json.loads(captured.out), captured.err


def test_the_reply_goes_to_stdout_and_nothing_else(server: DemoServer, picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "--url", server.url, "-f", str(picture), "What", "is it?"]) == 0
    captured = capsys.readouterr()
    assert "320×240" in captured.out
    assert captured.out.endswith("\n")
    assert "\x1b" not in captured.out
    assert captured.err == ""
    assert server.chats[0]["messages"][0]["content"][1] == {"type": "text", "text": "What is it?"}


@pytest.fixture
def clips(tmp_path: Path) -> list[str]:
    """Two videos of a minute."""
    return [str(clip(tmp_path / f"{name}.mp4", 60, rate=1)) for name in "ab"]


def test_two_clips_share_the_room_that_there_is(clips: list[str]) -> None:
    with serving(DemoOptions(tokens_per_second=0, max_model_len=4096)) as small:
        assert run(["ask", "--url", small.url, "-f", clips[0], "-f", clips[1], "compare them"]) == 0
        assert frames_of(small.chats[0]) == [27, 27]


def test_a_clip_that_comes_late_takes_what_is_left_and_no_turn_is_dropped(clips: list[str]) -> None:
    with serving(DemoOptions(tokens_per_second=0, max_model_len=4096, reply="word " * 700)) as small:
        assert run(["ask", "--url", small.url, "tell me a long story"]) == 0
        assert run(["ask", "--url", small.url, "--continue", "-f", clips[0], "what is this?"]) == 0
        (late,) = frames_of(small.chats[1])
        assert len(small.chats[1]["messages"]) == 3
        assert 8 <= late < 32


def test_json_has_every_field_and_the_session_continues(
    server: DemoServer, picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, first, _err = ask_json(capsys, "--url", server.url, "-f", str(picture), "What is it?")
    assert (status, set(first)) == (0, FIELDS)
    assert first["usage"]["total_tokens"] == first["usage"]["prompt_tokens"] + first["usage"]["completion_tokens"]
    _status, second, _err = ask_json(capsys, "--url", server.url, "--continue", "And now?")
    _status, third, _err = ask_json(capsys, "--url", server.url, "--session", first["session"][:15], "And then?")
    assert first["session"] == second["session"] == third["session"]
    with Journal.open(first["session"], read_only=True) as journal:
        assert len(journal.tree.path()) == 6
    assert [message["role"] for message in server.chats[2]["messages"]] == ["user", "assistant"] * 2 + ["user"]


def test_the_question_may_come_from_stdin(server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for words, sent in (((), "piped words"), (("Summarise:", "-"), "Summarise:\n\npiped words")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"piped words\n")))
        assert run(["ask", "--url", server.url, *words]) == 0
        assert server.chats[-1]["messages"][0]["content"] == sent


def test_the_flags_reach_the_request(server: DemoServer) -> None:
    flags = ["--system", "Be brief.", "--temperature", "0", "--top-p", "0.5", "--max-tokens", "7", "--thinking"]
    flags += ["--top-k", "-1", "--min-p", "0", "--repetition-penalty", "1.05", "--seed", "-3"]
    assert run(["ask", "--url", f"{server.url}/v1", *flags, "hi"]) == 0
    body = server.chats[0]
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0, 0.5, 7)
    assert (body["top_k"], body["min_p"], body["repetition_penalty"], body["seed"]) == (-1, 0, 1.05, -3)
    assert body["chat_template_kwargs"] == {"enable_thinking": True}
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}


def test_what_is_not_set_is_not_sent(server: DemoServer) -> None:
    assert run(["ask", "--url", server.url, "hi"]) == 0
    assert not {"top_k", "min_p", "repetition_penalty", "seed", "max_tokens"} & set(server.chats[0])


@pytest.mark.parametrize(
    ("flag", "value", "expected"),
    [
        ("--temperature", "2.1", "a number from 0 to 2"),
        ("--top-p", "0", "a number above 0, at most 1"),
        ("--top-k", "-2", "0 (no limit) or a whole number above 0"),
        ("--top-k", "1.5", "0 (no limit) or a whole number above 0"),
        ("--min-p", "1.01", "a number from 0 to 1"),
        ("--repetition-penalty", "0", "a number above 0"),
        ("--repetition-penalty", "inf", "a number above 0"),
        ("--seed", "soon", "a whole number of at most 64 bits"),
        ("--seed", "9223372036854775808", "a whole number of at most 64 bits"),
    ],
)
def test_a_sampling_value_out_of_range_is_one_line(
    flag: str, value: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", flag, value, "hi"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"{flag}" in err
    assert f"must be {expected}, not {value}" in err


def test_nothing_is_kept_when_it_should_not_be(server: DemoServer, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, answer, _err = ask_json(capsys, "--url", server.url, "--no-save", "hi")
    assert (status, answer["session"]) == (0, None)
    assert not (home / "data").exists()


def test_a_folder_becomes_its_pictures(server: DemoServer, tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    for index in range(3):
        Image.new("RGB", (20, 20), (index * 80, 0, 0)).save(shots / f"{index}.png")
    assert run(["ask", "--url", server.url, "-f", str(shots / "*.png"), "Compare"]) == 0
    assert len(server.chats[0]["messages"][0]["content"]) == 4


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["hi"], 1, "minicpm-tui serve"),
        (["--url", "127.0.0.1:9", "hi"], 1, "127.0.0.1:9"),
        (["--url", "ftp://x", "hi"], 2, "host:port"),
        ([], 2, "Nothing to ask"),
        (["--continue", "--no-save", "hi"], 2, "cannot be used together"),
        (["--url", "x", "--demo", "hi"], 2, "cannot be used together"),
        (["--session", "nope", "hi"], 1, "nope"),
        (["--continue", "hi"], 1, "no session is saved yet"),
        (["--api-key-env", "NOPE", "--url", "127.0.0.1:9", "hi"], 1, "NOPE is not set"),
        (["--temperature", "warm", "hi"], 2, "warm"),
        (["--temperature", "9", "hi"], 2, "--temperature"),
        (["--nonsense", "hi"], 2, "minicpm-tui ask --help"),
        (["-f", "/no/such.png", "hi"], 1, "/no/such.png"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_the_right_status(
    arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", *arguments]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert captured.err.startswith("minicpm-tui: ")
    assert captured.err.count("\n") == 1


def test_flags_before_the_command_are_not_taken_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--demo", "ask", "hi"]) == 2
    assert "minicpm-tui ask …" in capsys.readouterr().err


def test_a_failure_as_json_keeps_the_partial_text(server: DemoServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.set_faults(Faults(error_after=2))
    status, answer, _err = ask_json(capsys, "--url", server.url, "hi")
    assert status == 1
    assert answer["text"]
    assert set(answer["error"]) == {"kind", "title", "message", "hint"}
    status, answer, _err = ask_json(capsys, "--url", "127.0.0.1:9", "hi")
    assert (status, answer["text"], answer["error"]["kind"]) == (1, "", "server_unreachable")
    assert answer["session"] is None


def test_an_unknown_model_is_said_with_those_there_are(server: DemoServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "--url", server.url, "--model", "gpt-9", "hi"]) == 1
    assert server.model in capsys.readouterr().err


def start(server: DemoServer, home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "minicpm_tui", "ask", "--url", server.url, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MINICPM_TUI_HOME": str(home), "PYTHONUNBUFFERED": "1"},
    )


def test_ctrl_c_keeps_what_had_arrived(home: Path) -> None:
    with serving(DemoOptions(tokens_per_second=30, reply="word " * 500)) as slow, start(slow, home, "talk") as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 4)
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert err == b"minicpm-tui: Stopped\n"
    (session,) = (home / "data" / "sessions").iterdir()
    with Journal.open(session, read_only=True) as journal:
        reply = journal.tree.path()[-1]
    assert reply.text.startswith("word")
    assert reply.end is not None
    assert reply.end.finish_reason == "abort"


def test_a_reader_that_leaves_ends_it_quietly(home: Path) -> None:
    with serving(DemoOptions(tokens_per_second=100, reply="word " * 5000)) as slow, start(slow, home, "talk") as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 4)
        process.stdout.close()
        process.stdout = None
        _out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, b"")


def test_the_help_names_every_shared_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "--help"]) == 0
    text = capsys.readouterr().out
    flags = ("url", "api-key-env", "model", "demo", "system", "temperature", "top-p", "max-tokens", "thinking", "no-thinking")
    assert all(re.search(rf"--{flag}\b", text) for flag in flags)


def test_a_closed_stdout_loses_nothing(server: DemoServer) -> None:
    command = [sys.executable, "-m", "minicpm_tui", "ask", "--url", server.url, "Anyone?"]
    process = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *command], check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    assert (process.returncode, process.stderr) == (0, b"")
    with Journal.open(latest_id(), read_only=True) as journal:
        assert [message.role for message in journal.tree.path()] == ["user", "assistant"]

"""What the environment does to the way to a server: certificates, proxies, sockets, passwords; and the machine's limits."""

from __future__ import annotations

import base64
import json
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicpm_tui.cli.main import run
from minicpm_tui.demo.app import make_app
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.server import ServingThread
from minicpm_tui.demo.state import State
from minicpm_tui.demo.testing import DemoServer, serving


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=0)) as running:
        yield running


@pytest.fixture
def socket_server(tmp_path: Path) -> Iterator[str]:
    """A server at a socket in the file system, as ``vllm serve --uds``: its address."""
    path = tmp_path / "vllm.sock"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(8)
    thread = ServingThread(make_app(State(DemoOptions(tokens_per_second=0))), listener)
    yield f"unix:{path}"
    thread.stop()


@pytest.fixture(autouse=True)
def no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


def test_plain_http_reads_no_certificates(server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such.pem")
    monkeypatch.setenv("SSLKEYLOGFILE", "/no/such/keys")
    assert run(["ask", "--url", server.url, "hi"]) == 0


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("SSL_CERT_FILE", "/no/such.pem", "No such file or directory"),
        ("SSL_CERT_FILE", __file__, "it holds no certificate"),
        ("SSL_CERT_DIR", "/no/such", "no such folder"),
    ],
)
def test_a_variable_that_names_no_certificates_is_named(
    variable: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    assert run(["ask", "--url", "https://127.0.0.1:9", "hi"]) == 1
    said = capsys.readouterr().err
    assert f"{variable}={value}: {reason}" in said
    assert said.count("\n") == 1


def test_a_key_log_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "empty"))
    monkeypatch.setenv("SSLKEYLOGFILE", "/no/such/keys")
    assert run(["ask", "--url", "https://127.0.0.1:9", "hi"]) == 1
    assert "SSLKEYLOGFILE=/no/such/keys: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["/no/such/file", "ftp://127.0.0.1:9", "http://"])
def test_a_proxy_that_is_none_is_named(value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("http_proxy", value)
    assert run(["ask", "--url", "http://gpu.example.org:9", "hi"]) == 1
    assert "http_proxy=" in capsys.readouterr().err


def test_socks_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://me:secret@127.0.0.1:9")
    assert run(["ask", "--url", "http://gpu.example.org:9", "hi"]) == 1
    said = capsys.readouterr().err
    assert "pip install socksio" in said
    assert "socks5://127.0.0.1:9" in said
    assert "secret" not in said


def test_a_socket_answers_ask_batch_and_doctor(
    socket_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", "--url", socket_server, "hi"]) == 0
    assert "no pictures" in capsys.readouterr().out
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "a", "text": "hi"}\n')
    assert run(["batch", str(rows), "--url", socket_server, "-o", str(tmp_path / "out.jsonl")]) == 0
    assert json.loads((tmp_path / "out.jsonl").read_text())["text"]
    capsys.readouterr()
    monkeypatch.setenv("MINICPM_TUI_URL", socket_server)
    assert run(["doctor", "--json"]) == 0
    assert socket_server in [each["url"] for each in json.loads(capsys.readouterr().out)["servers"]]


def test_a_socket_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "--url", f"unix:{tmp_path}/none.sock", "hi"]) == 1
    assert f"unix:{tmp_path}/none.sock" in capsys.readouterr().err


def test_a_password_in_the_address_is_sent_and_kept_nowhere(
    server: DemoServer, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = server.url.replace("//", "//me:s3cr3t@")
    assert run(["ask", "--url", address, "hi"]) == 0
    expected = "Basic " + base64.b64encode(b"me:s3cr3t").decode()
    assert {request.headers.get("authorization") for request in server.requests} == {expected}
    written = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"s3cr3t" not in written
    assert expected.encode() not in written


@pytest.mark.parametrize("kind", [RuntimeError("can't start new thread"), MemoryError()])
def test_a_machine_that_has_no_room_is_one_line(
    kind: Exception, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise kind

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert run(["ask", "--url", "127.0.0.1:9", "hi"]) == 1
    said = capsys.readouterr().err
    assert "ulimit -v" in said
    assert said.count("\n") == 1
    assert not (home / "state" / "crash.log").exists()


def test_a_mistake_of_ours_is_one_line_and_a_traceback_in_a_file(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise LookupError("what nobody thought of")

    monkeypatch.setattr("tomlkit.document", fail)
    assert run(["config", "show"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("minicpm-tui: Internal error: LookupError: what nobody thought of")
    assert said.count("\n") == 1
    log = (home / "state" / "crash.log").read_text()
    assert "Traceback" in log
    assert 'raise LookupError("what nobody thought of")' in log

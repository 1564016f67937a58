"""The demo server as a process of its own, and as a command."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import psutil
import pytest

from minicpm_tui.demo import DemoOptions, launch
from minicpm_tui.errors import StartFailed
from tests.waiting import wait_for


def gone(pid: int) -> bool:
    """True when there is no such process, or only its remains."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_it_listens_with_a_key_of_its_own_until_it_is_stopped() -> None:
    server = launch()
    try:
        models = httpx2.get(f"{server.url}/v1/models", headers={"Authorization": f"Bearer {server.key}"})
        assert models.json()["data"][0]["id"] == server.model
        assert httpx2.get(f"{server.url}/v1/models").status_code == 401
    finally:
        server.stop()
    server.stop()
    assert gone(server.pid)
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{server.url}/health")


def test_its_key_is_not_in_the_process_list() -> None:
    server = launch(DemoOptions(api_key="very-secret"))
    try:
        assert "very-secret" not in " ".join(psutil.Process(server.pid).cmdline())
    finally:
        server.stop()


def test_it_ends_when_its_parent_is_killed() -> None:
    code = "from minicpm_tui.demo import launch\nserver = launch()\nprint(server.pid, flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    wait_for(lambda: gone(pid))


def test_a_folder_full_of_strange_modules_does_not_disturb_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "msgspec.py").write_text("raise RuntimeError('taken by mistake')")
    monkeypatch.chdir(tmp_path)
    server = launch()
    server.stop()


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(StartFailed) as caught:
            launch(port=listener.getsockname()[1])
    assert "port is already in use" in str(caught.value)


def run_command(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "MINICPM_TUI_API_KEY": "token-abc123", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "minicpm_tui", "demo", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)


def test_the_command_tells_how_to_connect_and_ends_with_ctrl_c() -> None:
    with run_command() as command:
        assert command.stdout is not None
        said = [command.stdout.readline() for _line in range(3)]
        url = said[2].split("--url ")[1].strip()
        models = httpx2.get(f"{url}/v1/models", headers={"Authorization": "Bearer token-abc123"})
        command.send_signal(signal.SIGINT)
        assert command.wait(20) == 130
    assert models.status_code == 200
    assert f"{url}/v1" in said[0]


def test_the_command_names_a_port_that_is_taken() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with run_command("--port", str(port)) as command:
            _out, said = command.communicate(timeout=20)
    assert command.returncode == 1
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_the_command_goes_wrong_on_purpose() -> None:
    with run_command("--fault", "unavailable=1", "--fault", "no_done", "--tokens-per-second", "0") as command:
        assert command.stdout is not None
        url = [command.stdout.readline() for _line in range(3)][2].split("--url ")[1].strip()
        chat, key = f"{url}/v1/chat/completions", {"Authorization": "Bearer token-abc123"}
        body = {"messages": [{"role": "user", "content": "hi"}], "stream": True}
        first, second = (httpx2.post(chat, headers=key, json=body) for _attempt in range(2))
        command.terminate()
    assert (first.status_code, second.status_code) == (503, 200)
    assert "[DONE]" not in second.text


@pytest.mark.parametrize("fault", ["no_such", "stall_after=soon"])
def test_a_fault_that_cannot_be_is_wrong_usage(fault: str) -> None:
    with run_command("--fault", fault) as command:
        _out, said = command.communicate(timeout=20)
    assert command.returncode == 2
    assert "--fault" in said
    assert "Traceback" not in said

"""``minicpm-tui demo`` serves where it says, and asks for a key when one is set, as vLLM does."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from minicpm_tui.cli.main import run


@contextmanager
def demo(*arguments: str) -> Iterator[str]:
    """The running command's URL, as it prints it."""
    command = [sys.executable, "-u", "-m", "minicpm_tui", "demo", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        found = re.search(r"http://[\d.:]+", process.stdout.readline())
        assert found
        assert found.group() in process.stdout.readline() + process.stdout.readline()
        try:
            while True:
                try:
                    httpx2.get(f"{found.group()}/health")
                except httpx2.ConnectError:
                    continue
                break
            yield found.group()
        finally:
            process.terminate()


def test_without_a_key_it_is_open() -> None:
    with demo() as url:
        assert httpx2.get(f"{url}/v1/models").status_code == 200


def test_the_key_of_the_environment_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "s3cret")
    with demo() as url:
        assert httpx2.get(f"{url}/v1/models").status_code == 401
        assert httpx2.get(f"{url}/v1/models", headers={"Authorization": "Bearer s3cret"}).status_code == 200


def test_a_taken_port_and_an_unknown_fault_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with demo() as url:
        assert run(["demo", "--port", url.rpartition(":")[2]]) == 1
    assert run(["demo", "--fault", "nonsense"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "--fault nonsense" in lines[1]


def test_the_help_names_the_faults_and_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "stall_after" in text
    assert "engine_dead" in text
    assert "VLLM_API_KEY" in text

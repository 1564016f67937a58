"""Stand-ins for ``vllm``: small scripts that behave like it, or badly."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from minicpm_tui.servers import launch, processes, registry
from minicpm_tui.servers.launch import LaunchPlan
from minicpm_tui.servers.local import LocalServer

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")

Script = Callable[[str], Path]
Start = Callable[..., LocalServer]


@pytest.fixture
def vllm_script(tmp_path: Path) -> Script:
    """Writes an executable Python script that stands in for the ``vllm`` command."""

    def write(body: str) -> Path:
        path = tmp_path / "bin" / "vllm"
        path.parent.mkdir(exist_ok=True)
        (tmp_path / "lib/python3.12/site-packages/vllm-0.32.0.dist-info").mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{sys.executable}\n{textwrap.dedent(body)}")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def start_script(vllm_script: Script) -> Iterator[Start]:
    """Starts a stand-in as a server; whatever still runs of it is killed after the test."""
    started: list[LocalServer] = []

    def start(body: str, *arguments: str, port: int = 0, key: str = "") -> LocalServer:
        command = str(vllm_script(body))
        port = port or launch.free_port(21000 + os.getpid() % 20000)
        plan = LaunchPlan((command, "serve", *arguments, "--port", str(port)), "127.0.0.1", port, "tiny", "/models/tiny", key=key)
        server = launch.start(plan)
        started.append(server)
        return server

    yield start
    for server in started:
        for pid in processes.members(server.pid, server.id, server.log):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    registry.refresh()


HEALTHY = """
import http.server, os, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(__file__ + ".asked", "ab") as asked:
            asked.write(body + b"\\n")
        while os.path.exists(__file__ + ".hangs"):
            time.sleep(0.05)
        self.send_response(400 if b"video" in body and os.path.exists(__file__ + ".no-videos") else 200)
        self.end_headers()

    def log_message(self, *_):
        pass

print("INFO listening", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""

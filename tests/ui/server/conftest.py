"""A server panel by itself, and stand-ins for vLLM."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.widgets import Static

from minicpm_tui.servers import launch, registry
from minicpm_tui.ui.kit.answers import Answers
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.kit.messages import CopyText, ServerLost, UseServer
from minicpm_tui.ui.server.here import Here
from minicpm_tui.ui.server.panel import ServerPanel
from tests.model_folder import complete
from tests.waiting import until

SERVERS = Path(__file__).parents[2] / "servers"
LOGS = SERVERS / "logs"
SHAPE = {
    "model_type": "minicpmv",
    "version": 4.5,
    "hidden_size": 4096,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "vocab_size": 152000,
}
GOOD = f"""
import http.server, sys
sys.stdout.write(open({str(LOGS / "ready-0.25-gpu.log")!r}, newline="").read())
sys.stdout.flush()
METRICS = open({str(SERVERS / "metrics.txt")!r}, "rb").read()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(METRICS if self.path == "/metrics" else b"")

    def log_message(self, *_):
        pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""
MEMORY = f"""
if "0.86" not in sys.argv:
    sys.stdout.write(open({str(LOGS / "memory.log")!r}, newline="").read())
    sys.exit(1)
"""


class PanelApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.used: list[UseServer] = []
        self.copied: list[str] = []
        self.lost: list[ServerLost] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="server"):
            yield ServerPanel()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "grey", "hint-key": "yellow", "border-blurred": "grey"}

    def action_compose(self) -> None:
        pass

    def on_use_server(self, event: UseServer) -> None:
        self.used.append(event)

    def on_server_lost(self, event: ServerLost) -> None:
        self.lost.append(event)

    def on_copy_text(self, event: CopyText) -> None:
        self.copied.append(event.text)

    @property
    def panel(self) -> ServerPanel:
        return self.query_one(ServerPanel)


@pytest.fixture
def vllm(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Puts a model on disk and a stand-in for ``vllm`` on PATH; stops what was started."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr("minicpm_tui.servers.endpoints.USUAL_PORTS", ())
    # Tests that run beside each other have folders of their own and so do not see each other's promised ports.
    monkeypatch.setattr("minicpm_tui.servers.argv.DEFAULT_PORT", 21000 + os.getpid() % 20000)
    folder = tmp_path / "models" / "MiniCPM-V-4_5"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(SHAPE))
    complete(folder)
    (folder / "model.safetensors").write_bytes(b"x" * 1000)
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'model_folders = ["{tmp_path / "models"}"]\n')
    (tmp_path / "lib/python3.12/site-packages/vllm-0.32.0.dist-info").mkdir(parents=True)
    (tmp_path / "bin").mkdir()

    def write(body: str) -> Path:
        path = tmp_path / "bin" / "vllm"
        path.write_text(f"#!{sys.executable}\nimport sys\n{body}")
        path.chmod(0o755)
        return folder

    yield write
    for server in registry.servers():
        launch.stop(server.id, seconds=0.2)


async def on_model(pilot: Pilot[Any], app: PanelApp) -> None:
    await until(lambda: app.panel.entry and app.panel.entry.model, pilot)
    app.query_one(Here).focus()


async def start_model(pilot: Pilot[Any], app: PanelApp) -> None:
    """One key starts the model that was found."""
    await on_model(pilot, app)
    await pilot.press("enter")


async def stop_asked(pilot: Pilot[Any], app: PanelApp) -> str:
    """Press the key that stops the server; what is asked then."""
    await pilot.press("x")
    await until(lambda: isinstance(app.screen, Ask) and isinstance(app.focused, Answers), pilot)
    return str(app.screen.query_one(Static).render())

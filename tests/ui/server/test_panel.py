"""The server panel with stand-ins for vLLM: one key starts a model, failures offer what helps, nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.widgets import Input, Log, Select, Static

from minicpm_tui.servers import launch, processes, registry
from minicpm_tui.servers.endpoints import Answering
from minicpm_tui.servers.gpus import Gpu
from minicpm_tui.ui.kit.answers import Answers
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.kit.messages import CopyText, ServerLost, UseServer
from minicpm_tui.ui.server.doubt import Doubt
from minicpm_tui.ui.server.figures import FiguresView
from minicpm_tui.ui.server.form import ServeForm
from minicpm_tui.ui.server.here import Here
from minicpm_tui.ui.server.log import LogScreen
from minicpm_tui.ui.server.panel import ServerPanel
from minicpm_tui.ui.server.server_view import Remedies
from tests.waiting import until, wait_for

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


async def stop_asked(pilot: Pilot[Any], app: PanelApp) -> str:
    """Press the key that stops the server; what is asked then."""
    await pilot.press("x")
    await until(lambda: isinstance(app.screen, Ask) and isinstance(app.focused, Answers), pilot)
    return str(app.screen.query_one(Static).render())


async def test_one_key_starts_the_model_and_asks_to_talk_with_it(vllm: Callable[[str], Path]) -> None:
    folder = vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.used, pilot)
        (server,) = registry.running()
        assert (app.used[0].url, app.used[0].model, app.used[0].api_key) == (server.url, str(folder), server.key)
        await until(lambda: app.query_one(FiguresView).history.series("running"), pilot)
        asked = await stop_asked(pilot, app)
        assert "Stop MiniCPM-V-4_5?" in asked
        assert "ready for 0:0" in asked
        assert "0 running, 0 waiting" in asked
        await pilot.press("escape", "x")  # it goes on, and is asked about again
        await until(lambda: isinstance(app.screen, Ask), pilot)
        assert [found.id for found in registry.running()] == [server.id]
        await pilot.press("s")
        await until(lambda: app.query(Here), pilot)
    assert registry.servers() == []
    assert processes.members(server.pid, server.id, server.log) == []


async def test_a_failure_shows_its_cause_and_one_key_mends_it(vllm: Callable[[str], Path]) -> None:
    vllm(MEMORY + GOOD)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.query(Remedies), pilot)
        assert "Not enough memory is free" in str(app.query_one("#cause", Static).render())
        assert "14.83/16.84 GiB" in str(app.query_one("#tail", Static).render())
        await until(lambda: app.query_one(Remedies).has_focus, pilot)
        await pilot.press("1")
        await until(lambda: app.used, pilot)
        (server,) = registry.servers()
        assert server.option("gpu-memory-utilization") == "0.86"


async def test_an_unknown_failure_offers_no_remedy_but_to_try_again(vllm: Callable[[str], Path]) -> None:
    vllm("sys.exit(3)")
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.query(Remedies), pilot)
        assert app.query_one(Remedies).remedies == [None]
        assert app.panel.startable


async def test_loading_can_be_cancelled(vllm: Callable[[str], Path]) -> None:
    vllm("import time; time.sleep(600)")
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.panel.view, pilot)
        assert "for 0:0" in await stop_asked(pilot, app)
        await pilot.press("s")
        await until(lambda: app.query(Here), pilot)
    assert registry.servers() == []
    assert app.used == []


async def test_a_server_that_says_nothing_is_pointed_out(vllm: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minicpm_tui.servers.watch._SILENT_SECONDS", 0.0)
    vllm("import time; time.sleep(600)")
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: "silent for" in str(app.query_one("#tail", Static).render()), pilot)
        await until(lambda: app.query_one("#tail", Static).region.height == 1, pilot)


async def test_a_restart_with_other_options_keeps_the_port_and_the_key(vllm: Callable[[str], Path]) -> None:
    vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(120, 45)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.used, pilot)
        (before,) = registry.running()
        await pilot.press("o")
        await until(lambda: isinstance(app.screen, ServeForm) and app.screen.plan, pilot)
        app.screen.query_one("#in-max-model-len", Input).value = "4096"
        await pilot.press("f5")
        await until(lambda: isinstance(app.screen, Ask) and isinstance(app.focused, Answers), pilot)
        assert registry.running() == [before]
        await pilot.press("escape")  # back to the form, with everything in it
        await until(lambda: isinstance(app.screen, ServeForm), pilot)
        assert app.screen.query_one("#in-max-model-len", Input).value == "4096"
        await pilot.press("f5")
        await until(lambda: isinstance(app.screen, Ask) and isinstance(app.focused, Answers), pilot)
        await pilot.press("s")
        await until(lambda: len(app.used) == 2, pilot)
        (after,) = registry.running()
    assert (after.url, after.key, after.option("max-model-len")) == (before.url, before.key, "4096")
    assert processes.members(before.pid, before.id, before.log) == []


async def test_a_killed_server_is_noticed(vllm: Callable[[str], Path]) -> None:
    vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.used, pilot)
        url = registry.running()[0].url
        os.kill(registry.running()[0].pid, signal.SIGKILL)
        await until(lambda: app.panel.view and app.panel.view.state == "failed", pilot)
        await until(lambda: app.lost, pilot)
        assert (app.lost[0].url, app.lost[0].problem) == (url, "vLLM was killed by signal 9")


async def test_a_server_that_somebody_ended_by_its_pid_has_not_failed(vllm: Callable[[str], Path]) -> None:
    vllm(
        "import signal\ndef end(*_):\n    print('INFO:     Application shutdown complete.', flush=True)\n    sys.exit(0)\n"
        f"signal.signal(signal.SIGTERM, end)\n{GOOD}"
    )
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.used, pilot)
        os.kill(registry.running()[0].pid, signal.SIGTERM)
        await until(lambda: app.panel.view and app.panel.view.state == "exited", pilot)
        assert not app.query(Remedies)


async def test_the_command_that_loads_is_shown_and_copied_without_the_key(vllm: Callable[[str], Path]) -> None:
    folder = vllm("import time\nprint('INFO loading', flush=True)\ntime.sleep(600)\n")
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.panel.view and app.panel.view.state == "loading", pilot)
        (server,) = registry.running()
        command = app.query_one("#command", Static)
        assert command.region.height > 1
        assert f"serve {folder} --host 127.0.0.1" in str(command.render())
        await pilot.press("y")
        await until(lambda: app.copied, pilot)
        assert shlex.split(app.copied[0]) == list(server.argv)
        assert server.key not in app.copied[0]


async def test_a_server_that_still_loads_is_found_again_and_used(vllm: Callable[[str], Path], tmp_path: Path) -> None:
    folder = vllm(f"import os, time\nwhile not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.02)\n{GOOD}")
    port = launch.free_port(27000)
    argv = (str(tmp_path / "bin" / "vllm"), "serve", str(folder), "--port", str(port))
    server = launch.start(launch.LaunchPlan(argv, "127.0.0.1", port, str(folder), str(folder)))
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await until(lambda: app.panel.view, pilot)
        (tmp_path / "go").touch()
        await until(lambda: app.used, pilot)
        assert app.used[0].url == server.url


async def test_a_server_that_runs_is_shown_at_once(vllm: Callable[[str], Path], tmp_path: Path) -> None:
    folder = vllm(GOOD)
    port = launch.free_port(27500)
    argv = (str(tmp_path / "bin" / "vllm"), "serve", str(folder), "--port", str(port))
    server = launch.start(launch.LaunchPlan(argv, "127.0.0.1", port, str(folder), str(folder)))
    await asyncio.to_thread(wait_for, lambda: registry.find(server.id).state == "ready")
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await until(lambda: app.query_one(FiguresView).history.series("running"), pilot)
        assert app.used == []


async def test_figures_of_a_server_that_others_started(
    vllm: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = vllm(GOOD.replace('else b""', 'else b\'{"data": [{"id": "theirs"}]}\''))
    port = launch.free_port(28000)
    monkeypatch.setattr("minicpm_tui.servers.endpoints.answering", lambda **_: [Answering(f"http://127.0.0.1:{port}", "theirs")])
    argv = (str(tmp_path / "bin" / "vllm"), "serve", str(folder), "--port", str(port))
    server = launch.start(launch.LaunchPlan(argv, "127.0.0.1", port, str(folder), str(folder)))
    await asyncio.to_thread(wait_for, lambda: registry.find(server.id).state == "ready")
    with monkeypatch.context() as hidden:
        hidden.setattr(registry, "servers", list)
        app = PanelApp()
        async with app.run_test(size=(60, 40)) as pilot:
            await until(lambda: app.query_one(Here).entries, pilot)
            here = app.query_one(Here)
            here.highlighted = next(index for index, entry in enumerate(here.entries) if entry.kind == "server")
            here.focus()
            await pilot.press("enter")
            await until(lambda: app.query_one(FiguresView).history.series("running"), pilot)
            assert app.used[0].url == f"http://127.0.0.1:{port}"


async def test_what_will_not_fit_is_said_before_it_starts(vllm: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    vllm(GOOD)
    small = [Gpu(0, "GPU-0", "RTX 3060", memory_used=0, memory_total=12 << 30)]
    monkeypatch.setattr("minicpm_tui.servers.gpus.gpus", lambda **_: small)
    monkeypatch.setattr("minicpm_tui.servers.shape._weights_of_files", lambda *_: 17 * 10**9)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.query(Doubt), pilot)
        labels = [remedy.label if remedy else "" for remedy in app.query_one(Remedies).remedies]
        assert "serve openbmb/MiniCPM-V-4_5-AWQ instead" in labels
        assert registry.servers() == []


async def test_the_form_shows_the_command_and_says_what_is_wrong(vllm: Callable[[str], Path]) -> None:
    folder = vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(120, 45)) as pilot:
        await on_model(pilot, app)
        await pilot.press("o")
        await until(lambda: isinstance(app.screen, ServeForm) and app.screen.plan, pilot)
        form = app.screen
        assert isinstance(form, ServeForm)
        assert form.query_one("#in-max-model-len", Input).placeholder == "8192 (preset)"
        assert f"serve {folder}" in str(form.query_one("#command", Static).render())
        form.query_one("#in-max-model-len", Input).value = "many"
        form.query_one("#in-api-key", Input).value = "secret-key"
        await pilot.press("f5")
        assert isinstance(app.screen, ServeForm)
        assert "max-model-len" in str(form.query_one("#problem", Static).render())
        form.query_one("#in-max-model-len", Input).value = "4k"
        await until(lambda: form.plan and "4k" in form.plan.command.argv, pilot)
        await pilot.press("ctrl+y")
        await until(lambda: app.copied, pilot)
        assert "--max-model-len 4k" in app.copied[0]
        assert "secret-key" not in app.copied[0]
        await pilot.press("f5")
        await until(lambda: app.used, pilot)
        assert app.used[0].api_key == "secret-key"
        assert registry.running()[0].option("max-model-len") == "4k"


async def form_opened(pilot: Pilot[Any], app: PanelApp) -> ServeForm:
    await pilot.press("o")
    await until(lambda: isinstance(app.screen, ServeForm) and app.screen.plan, pilot)
    assert isinstance(app.screen, ServeForm)
    return app.screen


async def test_the_form_keeps_what_was_entered(vllm: Callable[[str], Path]) -> None:
    vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(120, 45)) as pilot:
        await on_model(pilot, app)
        form = await form_opened(pilot, app)
        form.query_one("#in-max-model-len", Input).value = "4096"
        form.query_one("#in-port", Input).value = "not yet"
        form.query_one("#preset", Select).value = "batch"
        await pilot.press("escape")
        await until(lambda: app.screen is not form, pilot)
        await pilot.press("o")
        await until(lambda: isinstance(app.screen, ServeForm) and app.screen.query("#preset"), pilot)
        texts = {name: app.screen.query_one(f"#in-{name}", Input).value for name in ("max-model-len", "port")}
        assert texts == {"max-model-len": "4096", "port": "not yet"}
        assert app.screen.query_one("#preset", Select).value == "batch"
        await pilot.click("#reset")
        await until(lambda: app.screen.query_one("#in-port", Input).value == "", pilot)
        assert app.screen.query_one("#preset", Select).value == "pictures"


async def test_the_form_comes_back_when_the_start_fails(vllm: Callable[[str], Path], tmp_path: Path) -> None:
    folder = vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(120, 45)) as pilot:
        await on_model(pilot, app)
        form = await form_opened(pilot, app)
        form.query_one("#in-max-model-len", Input).value = "4096"
        form.query_one("#in-model", Input).value = f"{folder}-gone"
        await pilot.press("f5")
        await until(lambda: isinstance(app.screen, ServeForm) and app.screen is not form, pilot)
        again = app.screen
        await until(lambda: "F3 lists the models on this disk" in str(again.query_one("#problem", Static).render()), pilot)
        assert again.query_one("#in-max-model-len", Input).value == "4096"
        again.query_one("#in-model", Input).value = str(folder)
        await pilot.press("f5")
        await until(lambda: app.used, pilot)
        assert registry.running()[0].option("max-model-len") == "4096"


@pytest.fixture
def other_program(vllm: Callable[[str], Path]) -> Iterator[Callable[[int], int]]:
    """Connects another process to a port and gives its pid."""
    started: list[subprocess.Popen[bytes]] = []

    def connect(port: int) -> int:
        code = f"import socket; s = socket.create_connection(('127.0.0.1', {port})); print('up', flush=True); s.recv(1)"
        started.append(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE))
        assert started[-1].stdout is not None
        started[-1].stdout.readline()
        return started[-1].pid

    yield connect
    for process in started:
        process.kill()
        process.communicate()


async def test_who_is_connected_is_said_before_a_server_is_stopped(
    vllm: Callable[[str], Path], other_program: Callable[[int], int]
) -> None:
    vllm(GOOD.replace("http.server.HTTPServer(", "http.server.ThreadingHTTPServer("))
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.used, pilot)
        (server,) = registry.running()
        pid = await asyncio.to_thread(other_program, server.port)
        asked = await stop_asked(pilot, app)
        assert f"({pid})" in asked
        assert f"({os.getpid()})" not in asked


async def test_the_log_is_searched(vllm: Callable[[str], Path]) -> None:
    vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.used, pilot)
        await pilot.press("l")
        await until(lambda: isinstance(app.screen, LogScreen) and len(app.screen.lines) > 50, pilot)
        await pilot.press("slash", *"KV cache", "enter")
        await until(lambda: "1 of" in str(app.screen.query_one("#where", Static).render()), pilot)
        assert not app.screen.query_one(Log).auto_scroll
        await pilot.press("n", "escape")
        await until(lambda: not isinstance(app.screen, LogScreen), pilot)


async def test_nothing_is_polled_while_the_panel_is_hidden(vllm: Callable[[str], Path]) -> None:
    vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await on_model(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.query_one(FiguresView).history.series("running"), pilot)
        app.query_one("#server").display = False
        await pilot.pause()
        assert not app.panel.shown
        before = len(app.query_one(FiguresView).history.series("running"))
        app.panel._tick()
        await pilot.pause()
        assert len(app.query_one(FiguresView).history.series("running")) == before


async def test_without_vllm_the_install_line_can_be_copied(vllm: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await until(lambda: app.query_one(Here).entries, pilot)
        here = app.query_one(Here)
        here.highlighted = next(index for index, entry in enumerate(here.entries) if entry.kind == "install")
        here.focus()
        await pilot.press("enter")
        await until(lambda: app.copied, pilot)
        assert app.copied == ["pip install 'vllm>=0.7.1'"]

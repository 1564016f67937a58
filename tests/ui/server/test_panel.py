"""The server panel with stand-ins for vLLM: one key starts a model, failures offer what helps, nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.widgets import Log, Static

from minicpm_tui.servers import launch, processes, registry
from minicpm_tui.servers.endpoints import Answering
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.server.figures import FiguresView
from minicpm_tui.ui.server.here import Here
from minicpm_tui.ui.server.log import LogScreen
from minicpm_tui.ui.server.server_view import Remedies, ServerView
from tests.ui.server.conftest import GOOD, MEMORY, PanelApp, start_model, stop_asked
from tests.waiting import until, wait_for


async def test_one_key_starts_the_model_and_asks_to_talk_with_it(vllm: Callable[[str], Path]) -> None:
    folder = vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await start_model(pilot, app)
        await until(lambda: app.used, pilot)
        (server,) = registry.running()
        assert (app.used[0].url, app.used[0].model, app.used[0].api_key) == (server.url, str(folder), server.key)
        await until(lambda: app.query_one(FiguresView).history.series("running"), pilot)
        asked = await stop_asked(pilot, app)
        assert "Stop MiniCPM-V-4_5?" in asked
        assert "ready for 0:0" in asked
        assert "0 running, 0 queued" in asked
        await pilot.press("escape", "x")  # it goes on, and is asked about again
        await until(lambda: isinstance(app.screen, Ask), pilot)
        assert [found.id for found in registry.running()] == [server.id]
        await pilot.press("s")
        await until(lambda: app.query(Here), pilot)
    assert registry.servers() == []
    assert processes.members(server.pid, server.id, server.log) == []


async def test_news_of_a_server_that_is_being_taken_from_the_screen_is_harmless(vllm: Callable[[str], Path]) -> None:
    vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await start_model(pilot, app)
        await until(lambda: app.used, pilot)
        view = app.query_one(ServerView)
        await view.query_one("#head").remove()  # the parts of what is taken away go first
        view.warming = True
        view.refresh_head()


async def test_a_failure_shows_its_cause_and_one_key_mends_it(vllm: Callable[[str], Path]) -> None:
    vllm(MEMORY + GOOD)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await start_model(pilot, app)
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
        await start_model(pilot, app)
        await until(lambda: app.query(Remedies), pilot)
        assert app.query_one(Remedies).remedies == [None]
        assert app.panel.startable


async def test_loading_can_be_cancelled(vllm: Callable[[str], Path]) -> None:
    vllm("import time; time.sleep(600)")
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await start_model(pilot, app)
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
        await start_model(pilot, app)
        await until(lambda: "silent for" in str(app.query_one("#tail", Static).render()), pilot)
        await until(lambda: app.query_one("#tail", Static).region.height == 1, pilot)


async def test_a_killed_server_is_noticed(vllm: Callable[[str], Path]) -> None:
    vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await start_model(pilot, app)
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
        await start_model(pilot, app)
        await until(lambda: app.used, pilot)
        os.kill(registry.running()[0].pid, signal.SIGTERM)
        await until(lambda: app.panel.view and app.panel.view.state == "exited", pilot)
        assert not app.query(Remedies)


async def test_the_command_that_loads_is_shown_and_copied_without_the_key(vllm: Callable[[str], Path]) -> None:
    folder = vllm("import time\nprint('INFO loading', flush=True)\ntime.sleep(600)\n")
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await start_model(pilot, app)
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
        await start_model(pilot, app)
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
        await start_model(pilot, app)
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
        await start_model(pilot, app)
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

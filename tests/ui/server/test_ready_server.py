"""The panel's view of a server that is ready: its first answer is warmed up, and when it falls silent it can be restarted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Static

from minicpm_tui.servers import registry, watch
from minicpm_tui.ui.kit.messages import Asked
from minicpm_tui.ui.server.server_view import Remedies
from tests.ui.server.conftest import GOOD, PanelApp, start_model
from tests.waiting import until


def answering_when(go: Path, asked: Path) -> str:
    """A stand-in that notes what it is asked, and answers once ``go`` exists."""
    answers = f"""def do_POST(self):
        import os, time
        open({str(asked)!r}, "wb").write(self.rfile.read(int(self.headers["Content-Length"])))
        while not os.path.exists({str(go)!r}): time.sleep(0.02)
        self.send_response(200)
        self.end_headers()

    def log_message"""
    return GOOD.replace("def log_message", answers)


@pytest.mark.parametrize("asks", [False, True])
async def test_a_server_that_became_ready_is_warmed_up_until_it_is_asked(
    vllm: Callable[[str], Path], tmp_path: Path, *, asks: bool
) -> None:
    asked, go = tmp_path / "asked", tmp_path / "go"
    vllm(answering_when(go, asked))
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await start_model(pilot, app)
        await until(lambda: app.used, pilot)
        await until(lambda: app.panel.view and "warming up" in str(app.query_one("#head", Static).render()), pilot)
        await until(asked.exists, pilot)
        if asks:
            app.panel.post_message(Asked())
        else:
            go.touch()
        await until(lambda: "warming up" not in str(app.query_one("#head", Static).render()), pilot)
        go.touch()
        assert b"image_url" in asked.read_bytes()


async def test_a_server_that_falls_silent_can_be_restarted(
    vllm: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_CHECK_SECONDS", 0.0)
    stuck = tmp_path / "stuck"
    waits = f"import os, time\n        while os.path.exists({str(stuck)!r}): time.sleep(0.05)\n        self.send_response(200)"
    vllm(GOOD.replace("self.send_response(200)", waits))
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await start_model(pilot, app)
        await until(lambda: app.used, pilot)
        silent = registry.running()[0]
        stuck.touch()
        await until(lambda: app.panel.view and app.panel.view.state == "unresponsive", pilot)
        stuck.unlink()
        assert "loading" not in str(app.query_one("#head", Static).render())
        app.query_one(Remedies).focus()
        await pilot.press("1")
        await until(lambda: len(app.used) == 2, pilot)
        [server] = registry.running()
        assert (server.state, server.port) == ("ready", silent.port)
        assert server.id != silent.id

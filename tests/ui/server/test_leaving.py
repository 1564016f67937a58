"""Quitting asks about servers that this program started, those that still load too."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from minicpm_tui.servers import registry
from minicpm_tui.ui.kit.answers import Answers
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.server import keep_or_stop
from tests.servers.conftest import Start, start_script, vllm_script
from tests.waiting import until

__all__ = ["start_script", "vllm_script"]


class LeavingApp(App[int]):
    answer: bool | None = None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "grey"}

    async def leave(self) -> None:
        self.answer = await keep_or_stop.ask(self, None)


async def asked(pilot: Pilot[int], app: LeavingApp) -> str:
    app.run_worker(app.leave())
    await until(lambda: isinstance(app.screen, Ask) and app.screen.query(Static) and isinstance(app.focused, Answers), pilot)
    return str(app.screen.query_one(Static).render())


async def test_nothing_is_asked_without_a_server(home: object) -> None:
    app = LeavingApp()
    async with app.run_test() as pilot:
        app.run_worker(app.leave())
        await until(lambda: app.answer is not None, pilot)
        assert app.answer is True


async def test_a_loading_server_can_be_kept_or_stopped(start_script: Start) -> None:
    server = start_script("import time; time.sleep(600)")
    app = LeavingApp()
    async with app.run_test() as pilot:
        assert "tiny" in await asked(pilot, app)
        await pilot.press("c")
        await until(lambda: app.answer is False, pilot)
        await asked(pilot, app)
        await pilot.press("enter")
        await until(lambda: app.answer is True, pilot)
        assert [found.id for found in registry.running()] == [server.id]
        await asked(pilot, app)
        await pilot.press("right", "enter")
        await until(lambda: registry.servers() == [], pilot)


async def test_what_would_end_a_kept_server_is_said(start_script: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start_script("import time; time.sleep(600)")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    app = LeavingApp()
    async with app.run_test() as pilot:
        assert "Slurm" in await asked(pilot, app)

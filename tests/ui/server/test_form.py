"""The form of a start: the command, the estimate, what is wrong, and what was entered before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select, Static

from minicpm_tui.servers import processes, registry
from minicpm_tui.servers.gpus import Gpu
from minicpm_tui.ui.kit.answers import Answers
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.server.doubt import Doubt
from minicpm_tui.ui.server.form import ServeForm
from minicpm_tui.ui.server.server_view import Remedies
from tests.ui.server.conftest import GOOD, PanelApp, on_model, start_model
from tests.waiting import until


async def test_a_restart_with_other_options_keeps_the_port_and_the_key(vllm: Callable[[str], Path]) -> None:
    vllm(GOOD)
    app = PanelApp()
    async with app.run_test(size=(120, 45)) as pilot:
        await start_model(pilot, app)
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
        await pilot.press("r")
        await until(lambda: len(app.used) == 2, pilot)
        (after,) = registry.running()
    assert (after.url, after.key, after.option("max-model-len")) == (before.url, before.key, "4096")
    assert processes.members(before.pid, before.id, before.log) == []


async def test_what_will_not_fit_is_said_before_it_starts(vllm: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    vllm(GOOD)
    small = [Gpu(0, "GPU-0", "RTX 3060", memory_used=0, memory_total=12 << 30)]
    monkeypatch.setattr("minicpm_tui.servers.gpus.gpus", lambda **_: small)
    monkeypatch.setattr("minicpm_tui.servers.shape._weights_of_files", lambda *_: 17 * 10**9)
    app = PanelApp()
    async with app.run_test(size=(60, 40)) as pilot:
        await start_model(pilot, app)
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

"""What is private elsewhere and needed here is where it was."""

from __future__ import annotations

import asyncio

from textual.app import App

from minicpm_tui.ui.terminal import private


async def test_a_loop_that_has_something_to_do_is_busy() -> None:
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    assert not private.busy(loop)
    loop.call_soon(done.set)
    assert private.busy(loop)
    await done.wait()
    await asyncio.sleep(0)
    assert not private.busy(loop)


async def test_a_screen_that_will_call_after_its_paint_awaits_it() -> None:
    app = App[None]()
    async with app.run_test() as pilot:
        await pilot.pause()
        painted: list[bool] = []
        app.screen.refresh()
        app.screen._invoke_later(lambda: painted.append(private.awaits_paint(app.screen)), app.screen)
        assert private.awaits_paint(app.screen)
        await pilot.pause()
        assert painted == [False]

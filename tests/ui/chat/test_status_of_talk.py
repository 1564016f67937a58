"""What the status line says of the conversation that is open."""

from __future__ import annotations

from textual.widgets import Input

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.ui.chat.status_line import StatusLine
from minicpm_tui.ui.sessions.library import LibraryScreen
from tests.ui.chat.conftest import Driver, Opener


def said(driver: Driver) -> str:
    return str(driver.app.chat.query_one(StatusLine).render())


async def test_it_tells_the_title_and_a_setting_that_was_changed(opened: Opener, server: DemoServer) -> None:
    async with opened(url=server.url, size=(160, 40)) as driver:
        await driver.ask("What is a harbour?")
        await driver.until(lambda: said(driver).endswith("What is a harbour?"))
        assert "temperature" not in said(driver)
        await driver.pilot.press("f5")
        await driver.until(lambda: driver.app.screen.query_one("#temperature", Input).is_attached)
        driver.app.screen.query_one("#temperature", Input).value = "0.2"
        await driver.pilot.press("ctrl+s")
        await driver.until(lambda: "temperature 0.2" in said(driver))


async def test_while_a_reply_streams_its_tokens_are_counted_and_the_caret_rests_until_a_key(opened: Opener) -> None:
    with serving(DemoOptions(tokens_per_second=20)) as slow:
        async with opened(url=slow.url, size=(160, 40)) as driver:
            await driver.connected()
            await driver.write("What is a harbour?")
            await driver.pilot.press("enter")
            composer = driver.talk.composer
            await driver.until(lambda: driver.talk.running and not composer.cursor_blink)
            status = driver.app.chat.query_one(StatusLine)
            await driver.until(lambda: "tokens/s" in said(driver))
            first = status.status.used or 0
            await driver.until(lambda: (status.status.used or 0) > first)
            assert driver.talk.running
            await driver.pilot.press("x")
            assert composer.cursor_blink


async def test_a_title_that_is_given_among_the_sessions_shows_on_the_way_back(opened: Opener, server: DemoServer) -> None:
    async with opened(url=server.url, size=(160, 40)) as driver:
        await driver.ask("What is a harbour?")
        await driver.pilot.press("ctrl+s")
        await driver.until(lambda: isinstance(driver.app.screen, LibraryScreen) and driver.app.screen.ready)
        await driver.pilot.press("f2")
        await driver.until(lambda: not isinstance(driver.app.screen, LibraryScreen) and bool(driver.app.screen.query(Input)))
        driver.app.screen.query_one(Input).value = "Ships"
        await driver.pilot.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, LibraryScreen))
        await driver.pilot.press("escape")
        await driver.until(lambda: said(driver).endswith("Ships"))

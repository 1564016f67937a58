"""Going through the versions of a reply."""

from __future__ import annotations

from minicpm_tui.demo.testing import DemoServer
from tests.ui.chat.conftest import Driver, Opener


async def three_versions(driver: Driver) -> list[str]:
    """Ask once and again twice; the replies' ids, the last one shows."""
    await driver.connected()
    await driver.ask("Hello")
    for count in (2, 3):
        await driver.pilot.press("ctrl+r")
        await driver.until(lambda count=count: len(replies(driver)) == count and not driver.talk.running)  # type: ignore[misc]
    return replies(driver)


def replies(driver: Driver) -> list[str]:
    return [message.id for message in driver.tree.messages.values() if message.role == "assistant"]


async def test_the_cursor_stays_on_the_version_that_shows(opened: Opener, server: DemoServer) -> None:
    async with opened(url=server.url) as driver:
        first, second, third = await three_versions(driver)
        driver.talk.pane.focus()
        await driver.until(lambda: driver.talk.pane.has_focus)
        driver.talk.pane.cursor.go_to(third)
        for key, wanted in (("left", second), ("left", first), ("right", second)):
            await driver.pilot.press(key)
            await driver.until(lambda wanted=wanted: driver.path[-1].id == wanted)  # type: ignore[misc] # bound early
            await driver.until(lambda wanted=wanted: driver.talk.pane.cursor.message_id == wanted)  # type: ignore[misc] # bound early


async def test_two_keys_at_once_go_two_versions(opened: Opener, server: DemoServer) -> None:
    async with opened(url=server.url) as driver:
        first, _second, third = await three_versions(driver)
        driver.talk.pane.focus()
        driver.talk.pane.cursor.go_to(third)
        driver.talk.pane.action_sibling(-1)
        driver.talk.pane.action_sibling(-1)
        await driver.until(lambda: driver.path[-1].id == first and driver.talk.pane.cursor.message_id == first)

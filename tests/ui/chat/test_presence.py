"""The status line follows a server that goes and comes back, without being asked."""

from __future__ import annotations

from minicpm_tui.demo.testing import serving
from minicpm_tui.ui.chat.connection import Connected, Lost
from tests.ports import kept_port
from tests.ui.chat.conftest import Opener
from tests.ui.chat.test_status_of_talk import said


async def test_a_tunnel_that_dies_and_returns_shows(opened: Opener) -> None:
    with kept_port() as port, serving(port=port) as first:
        async with opened(url=first.url, size=(120, 30)) as driver:
            await driver.connected()
            first.stop()
            await driver.until(lambda: isinstance(driver.model.state, Lost) and "not connected" in said(driver))
            assert "gone" in driver.model.connector.problem
            with serving(port=port):
                await driver.until(lambda: isinstance(driver.model.state, Connected) and "ready" in said(driver))
                await driver.ask("Are you there?")
                assert driver.path[-1].end.error is None

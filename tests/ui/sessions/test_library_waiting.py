"""The list of sessions says when it is not all of them, or not what was searched for yet."""

from __future__ import annotations

import threading

import pytest

from minicpm_tui.sessions.library import Library
from tests.ui.chat.conftest import Driver, Opener
from tests.ui.sessions.test_library_screen import held, library, said


def told(driver: Driver) -> str:
    """What the frame of the search field says of the list."""
    return str(driver.app.screen.query_one("#search").border_subtitle)


async def test_a_list_that_is_not_all_yet_and_a_search_that_takes_time_say_so(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("dogs")
    said("cats")
    async with opened() as driver:
        await library(driver)  # which makes the index
        await driver.pilot.press("escape")
        may_read, may_search = threading.Event(), threading.Event()
        monkeypatch.setattr(Library, "reconcile", held(Library.reconcile, may_read))
        await driver.pilot.press("ctrl+s")
        await driver.until(lambda: told(driver) == "latest 2")
        may_read.set()
        await driver.until(lambda: told(driver) == "2 sessions")
        monkeypatch.setattr(Library, "search", held(Library.search, may_search))
        await driver.pilot.press(*"dogs")
        await driver.until(lambda: told(driver) == "searching…")
        may_search.set()
        await driver.until(lambda: told(driver) == "1 session")

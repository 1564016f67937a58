"""Finding and keeping conversations in the app."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from minicpm_tui.demo.testing import DemoServer
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.library import Library
from minicpm_tui.ui.kit.dialogs import Ask, Choose, Line
from minicpm_tui.ui.sessions.library import LibraryScreen
from minicpm_tui.ui.sessions.preview import PicturePreview
from minicpm_tui.ui.sessions.replay import ReplayScreen
from minicpm_tui.ui.sessions.rerun import RerunScreen
from tests.sessions.talk import answer, conversation, next_millisecond, question
from tests.ui.answering import choose
from tests.ui.chat.conftest import Driver
from tests.ui.sessions.conftest import Opener


def said(text: str) -> str:
    with Journal.create() as journal:
        journal.append_message(question("u", text))
        answer(journal, "a", "u", "Yes.")
    next_millisecond()
    return journal.id


def held(work: Callable[..., Any], may: threading.Event) -> Callable[..., Any]:
    """``work`` that begins when it ``may``."""

    def waiting(*args: Any, **more: Any) -> Any:
        may.wait(20)
        return work(*args, **more)

    return waiting


async def library(driver: Driver) -> LibraryScreen:
    await driver.pilot.press("ctrl+s")
    await driver.until(lambda: isinstance(driver.app.screen, LibraryScreen) and driver.app.screen.ready)
    screen = driver.app.screen
    assert isinstance(screen, LibraryScreen)
    return screen


def listed(screen: LibraryScreen) -> list[str]:
    return [hit.session.id for hit in screen.listing.items]


async def test_sessions_are_listed_found_and_continued(opened: Opener) -> None:
    dogs, cats = said("dogs in the park"), conversation().id
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: sorted(listed(screen)) == sorted([dogs, cats]))
        await driver.pilot.press("猫")
        await driver.until(lambda: listed(screen) == [cats])
        screen.query_one(Input).value = "dogs"
        await driver.until(lambda: listed(screen) == [dogs])
        await driver.pilot.press("enter")
        await driver.until(lambda: [message.text for message in driver.path] == ["dogs in the park", "Yes."])
        assert driver.app.screen is driver.app.chat


async def test_what_was_searched_for_is_marked(opened: Opener) -> None:
    said("dogs in the park")
    async with opened() as driver:
        screen = await library(driver)
        await driver.pilot.press(*"park")
        await driver.until(lambda: screen.listing.searched == "park")
        title = screen.listing.render_line(0)
        assert [segment.text for segment in title if segment.style and segment.style.underline] == ["park"]


async def test_a_long_list_scrolls_in_one_direction_only(opened: Opener) -> None:
    for number in range(15):
        said(f"question {number}")
    async with opened(size=(80, 24)) as driver:
        screen = await library(driver)
        await driver.until(lambda: len(screen.listing.items) == 15 and screen.listing.show_vertical_scrollbar)
        await driver.pilot.pause()
        assert not screen.listing.show_horizontal_scrollbar


async def test_nothing_found_is_said(opened: Opener) -> None:
    conversation()
    async with opened() as driver:
        screen = await library(driver)
        await driver.pilot.press(*"zebra")
        await driver.until(lambda: screen.listing.words == "Nothing found." and not screen.listing.items)
        await driver.pilot.press("enter", "escape")
        await driver.until(lambda: driver.app.screen is driver.app.chat)


async def test_the_cursor_moves_and_pictures_are_shown(opened: Opener, with_picture: str) -> None:
    other = said("no picture here")
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: sorted(listed(screen)) == sorted([with_picture, other]))
        preview = screen.query_one(PicturePreview)
        for _step in range(2):
            current = screen.listing.session
            assert current is not None
            await driver.until(lambda wanted=int(current.id == with_picture): preview.drawn == wanted)  # type: ignore[misc] # bound early
            await driver.pilot.press("down")
        assert screen.listing.cursor == 1


async def test_a_title_is_given(opened: Opener) -> None:
    session = conversation().id
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: listed(screen) == [session])
        await driver.pilot.press("f2")
        await driver.until(lambda: driver.app.screen is not screen)
        driver.app.screen.query_one(Input).value = "My cat"
        await driver.pilot.press("enter")
        await driver.until(lambda: screen.listing.items[0].session.title == "My cat")
    assert Journal.open(session, read_only=True).title == "My cat"


async def test_deleted_sessions_wait_in_the_trash(opened: Opener) -> None:
    session = conversation().id
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: listed(screen) == [session])
        await driver.pilot.press("ctrl+d")
        await driver.until(lambda: listed(screen) == [])
        await driver.pilot.press("ctrl+t")
        await driver.until(lambda: listed(screen) == [session])
        await driver.pilot.press("ctrl+d")
        await driver.until(lambda: listed(screen) == [])
        await driver.pilot.press("ctrl+t")
        await driver.until(lambda: listed(screen) == [session])


async def test_the_cursor_stays_where_a_session_was_deleted(opened: Opener) -> None:
    for number in range(4):
        said(f"question {number}")
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: len(screen.listing.items) == 4)
        ids = listed(screen)
        await driver.pilot.press("down", "ctrl+d")
        await driver.until(lambda: listed(screen) == [ids[0], *ids[2:]])
        assert screen.listing.session is not None
        assert screen.listing.session.id == ids[2]
        await driver.pilot.press("down", "ctrl+d")
        await driver.until(lambda: listed(screen) == [ids[0], ids[2]])
        assert screen.listing.session.id == ids[2]


async def test_the_open_session_is_renamed_and_stays_open_for_writing(opened: Opener) -> None:
    session = conversation().id
    async with opened(session=session) as driver:
        screen = await library(driver)
        await driver.until(lambda: listed(screen) == [session])
        await driver.pilot.press("f2")
        await driver.until(lambda: len(driver.app.screen.query(Input)) == 1 and driver.app.screen is not screen)
        driver.app.screen.query_one(Input).value = "My cat"
        await driver.pilot.press("enter")
        await driver.until(lambda: screen.listing.items[0].session.title == "My cat")
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.app.screen is driver.app.chat)
        assert driver.model.journal is not None
        assert not driver.model.journal.read_only


async def test_the_open_session_is_deleted_when_the_user_says_so_again(opened: Opener) -> None:
    session = conversation().id
    async with opened(session=session) as driver:
        screen = await library(driver)
        await driver.until(lambda: listed(screen) == [session])
        for answer_key in ("escape", "delete"):
            await driver.pilot.press("ctrl+d")
            await driver.until(lambda: isinstance(driver.app.screen, Ask))
            assert listed(screen) == [session]
            if answer_key == "escape":
                await driver.pilot.press("escape")
                await driver.until(lambda: driver.app.screen is screen)
            else:
                await choose(driver.pilot, "delete")
        await driver.until(lambda: listed(screen) == [])
        assert "is being written by" not in driver.said
        await driver.pilot.press("escape")
        await driver.until(lambda: driver.app.screen is driver.app.chat and not driver.path)
        assert driver.model.journal is not None
        assert driver.model.journal.id != session


async def test_a_stale_index_does_not_put_the_cursor_on_another_session(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    said("old")
    with Library() as known:
        known.reconcile()
    new = said("new")
    stale_shown = threading.Event()
    reconcile = Library.reconcile

    def late(self: Library, **how: Any) -> bool:
        stale_shown.wait(20)
        return reconcile(self, **how)

    monkeypatch.setattr(Library, "reconcile", late)
    async with opened() as driver:
        await driver.pilot.press("ctrl+s")
        await driver.until(lambda: isinstance(driver.app.screen, LibraryScreen) and len(listed(driver.app.screen)) == 1)
        stale_shown.set()
        screen = driver.app.screen
        assert isinstance(screen, LibraryScreen)
        await driver.until(lambda: len(listed(screen)) == 2)
        assert screen.listing.session is not None
        assert screen.listing.session.id == new


async def test_keys_typed_ahead_of_the_list_choose_in_it(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {said(f"question {number}"): f"question {number}" for number in range(1, 5)}
    may_read = threading.Event()
    monkeypatch.setattr(Library, "__init__", held(Library.__init__, may_read))
    async with opened() as driver:
        await driver.pilot.press("ctrl+s", "down", "down", "enter")
        may_read.set()
        await driver.until(lambda: [message.text for message in driver.path[:1]] == ["question 2"])
        assert driver.model.journal is not None
        assert texts[driver.model.journal.id] == "question 2"


async def test_keys_typed_ahead_wait_for_more_than_an_empty_index(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    said("second")
    said("first")  # the newest one
    may_read, searched, search = threading.Event(), threading.Event(), Library.search

    def noted(self: Library, *words: Any) -> Any:
        found = search(self, *words)
        searched.set()
        return found

    monkeypatch.setattr(Library, "reconcile", held(Library.reconcile, may_read))
    monkeypatch.setattr(Library, "search", noted)
    async with opened() as driver:
        await driver.pilot.press("ctrl+s")
        await driver.until(searched.is_set)
        await driver.pilot.press("down", "enter")
        await driver.pilot.pause()
        may_read.set()
        await driver.until(lambda: [message.text for message in driver.path[:1]] == ["second"])


async def test_enter_right_after_a_word_opens_what_the_word_finds(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    said("dogs")
    said("cats")
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: len(listed(screen)) == 2)
        may_search = threading.Event()
        monkeypatch.setattr(Library, "search", held(Library.search, may_search))
        await driver.pilot.press(*"dogs", "enter")
        may_search.set()
        await driver.until(lambda: [message.text for message in driver.path[:1]] == ["dogs"])


async def test_home_and_end_move_the_cursor_until_something_is_typed(opened: Opener) -> None:
    for number in range(4):
        said(f"question {number}")
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: len(listed(screen)) == 4)
        await driver.pilot.press("end")
        await driver.until(lambda: screen.listing.cursor == 3)
        await driver.pilot.press("home")
        await driver.until(lambda: screen.listing.cursor == 0)
        await driver.pilot.press("q", "home", "x", "end", "y")
        assert screen.query_one(Input).value == "xqy"


async def test_escape_in_the_trash_goes_back_to_the_sessions(opened: Opener) -> None:
    session = conversation().id
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: listed(screen) == [session])
        await driver.pilot.press("ctrl+t")
        await driver.until(lambda: screen.source.in_trash and listed(screen) == [])
        await driver.pilot.press("escape")
        await driver.until(lambda: not screen.source.in_trash and listed(screen) == [session])
        assert driver.app.screen is screen
        await driver.pilot.press("escape")
        await driver.until(lambda: driver.app.screen is driver.app.chat)


async def test_enter_in_the_trash_restores_and_goes_on(opened: Opener) -> None:
    session = conversation().id
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: listed(screen) == [session])
        await driver.pilot.press("ctrl+d", "ctrl+t")
        await driver.until(lambda: screen.source.in_trash and listed(screen) == [session])
        await driver.pilot.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, Ask))
        await choose(driver.pilot, "continue")
        await driver.until(lambda: driver.app.screen is driver.app.chat and len(driver.path) == 4)
        assert driver.model.journal is not None
        assert driver.model.journal.id == session


async def test_the_list_has_the_session_that_a_rerun_made(opened: Opener, server: DemoServer) -> None:
    said("dogs in the park")
    async with opened(url=server.url) as driver:
        await driver.connected()
        screen = await library(driver)
        await driver.until(lambda: len(listed(screen)) == 1)
        await driver.pilot.press("f5")
        await driver.until(lambda: isinstance(driver.app.screen, Ask))
        await choose(driver.pilot, "new")
        await driver.until(lambda: isinstance(driver.app.screen, RerunScreen) and driver.app.screen.saved is not None)
        await driver.pilot.press("escape")
        await driver.until(lambda: len(listed(screen)) == 2)


async def test_a_rerun_from_the_list_is_gone_on_with_in_the_conversation(opened: Opener, server: DemoServer) -> None:
    source = said("dogs in the park")
    async with opened(url=server.url) as driver:
        await driver.connected()
        screen = await library(driver)
        await driver.until(lambda: len(listed(screen)) == 1)
        await driver.pilot.press("f5")
        await choose(driver.pilot, "new")
        await driver.until(lambda: isinstance(driver.app.screen, RerunScreen) and driver.app.screen.saved is not None)
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.app.screen is driver.app.chat)
        await driver.until(lambda: driver.model.journal is not None and driver.model.journal.settings.get("rerun_of") == source)


async def test_a_session_of_the_list_is_exported(opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    session = conversation().id
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: listed(screen) == [session])
        await driver.pilot.press("f6")
        await driver.until(lambda: isinstance(driver.app.screen, Choose))
        await driver.pilot.press(*"html", "enter")
        await driver.until(lambda: isinstance(driver.app.screen, Line))
        path = tmp_path / "cat.html"
        driver.app.screen.query_one(Input).value = path.name
        await driver.pilot.press("enter")
        await driver.until(lambda: str(path) in driver.said)
    assert "</html>" in path.read_text()


async def test_replay_from_the_library_and_back(opened: Opener) -> None:
    session = conversation().id
    async with opened() as driver:
        screen = await library(driver)
        await driver.until(lambda: listed(screen) == [session])
        await driver.pilot.press("ctrl+r")
        await driver.until(lambda: isinstance(driver.app.screen, ReplayScreen))
        await driver.pilot.press("escape")
        await driver.until(lambda: driver.app.screen is screen)


async def test_it_fits_a_small_terminal(opened: Opener, with_picture: str) -> None:
    async with opened(size=(40, 12)) as driver:
        screen = await library(driver)
        await driver.until(lambda: listed(screen) == [with_picture])
        await driver.until(lambda: screen.listing.size.height >= 2)


async def test_a_branch_is_a_session_of_its_own(opened: Opener) -> None:
    session = conversation().id
    async with opened(session=session) as driver:
        await driver.until(lambda: len(driver.path) == 4)
        await driver.app.run_action("open('branch')")
        await choose(driver.pilot, "branch")
        await driver.until(lambda: driver.model.journal is not None and driver.model.journal.id != session)
        assert driver.model.journal is not None
        assert driver.model.journal.settings["branch_of"] == session
        assert [message.text for message in driver.path] == [
            message.text for message in Journal.open(session, read_only=True).tree.path()
        ]

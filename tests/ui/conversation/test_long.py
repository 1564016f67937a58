"""Messages longer than anybody reads: shown from their beginning, in slices, more of them for who asks."""

from __future__ import annotations

import pytest

from minicpm_tui.messages import Delta
from minicpm_tui.ui.conversation.lengths import SHOWN
from tests.ui.conversation.host import Host, reply, user
from tests.waiting import until

TEXT = "".join(f"word{number} " for number in range(60_000))
LAST = TEXT.split()[-1]


@pytest.mark.parametrize("speaker", [user, reply])
async def test_a_long_message_is_shown_from_its_beginning_and_more_at_a_key(speaker) -> None:  # type: ignore[no-untyped-def]
    assert len(TEXT) > 2 * SHOWN
    app = Host([speaker(1, TEXT)])
    async with app.run_test(size=(60, 20)) as pilot:
        await until(lambda: app.shows("more characters ▾"))
        await pilot.press("home")
        await until(lambda: app.shows("word0 "))
        height = app.pane.document.height
        await pilot.press("m")
        await until(lambda: app.pane.document.height > 1.9 * height)
        await pilot.press("end")
        await until(lambda: app.shows("more characters ▾"))
        await pilot.press("m")
        await pilot.press("end")
        await until(lambda: app.shows(LAST))
        assert not app.shows("more character")


async def test_keys_are_answered_while_a_long_reply_is_laid_out() -> None:
    app = Host([user(1, "question"), reply(1, "- item\n" * 25_000)])
    async with app.run_test(size=(60, 20)) as pilot:
        await until(lambda: app.shows("Laying out"))
        await pilot.press("home")
        await until(lambda: app.shows("question"))
        await pilot.press("end")
        await until(lambda: app.shows("item"))


async def test_what_is_found_beyond_the_end_is_shown() -> None:
    app = Host([user(1, "question"), reply(1, TEXT)])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert app.pane.finder.find(LAST) == (1, 1)
        await until(lambda: app.shows(LAST))


async def test_all_of_a_long_reply_is_copied() -> None:
    app = Host([reply(1, TEXT)])
    async with app.run_test(size=(60, 20)) as pilot:
        await until(lambda: app.shows("more characters ▾"))
        await pilot.press("j", "y")
        await until(lambda: any(getattr(event, "text", "") == TEXT for event in app.events))


async def test_a_long_reply_that_arrives_ends_like_one_that_is_opened() -> None:
    app = Host([user(1, "question")])
    async with app.run_test(size=(60, 20)) as pilot:
        app.pane.begin(reply(1, "", end=None))
        app.pane.feed([Delta("content", TEXT[at : at + 9000], 1.0) for at in range(0, len(TEXT), 9000)])
        app.pane.finish(reply(1, TEXT))
        await until(lambda: not app.pane.streaming)
        await pilot.pause()
        assert app.shows("more characters ▾")
        assert app.pane.excerpts.reply() == TEXT

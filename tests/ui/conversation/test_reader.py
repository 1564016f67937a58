"""The cursor over the messages, finding, links and versions: what the pane says to its screen."""

from __future__ import annotations

from minicpm_tui.ui.conversation.messages import (
    CursorMoved,
    EditRequested,
    Found,
    LinkClicked,
    RegenerateRequested,
    SiblingRequested,
)
from tests.ui.conversation.host import Host, content, reply, turns, user
from tests.waiting import until

SIZE = (60, 20)


async def test_keys_walk_over_the_messages() -> None:
    app = Host(turns(10))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("k", "k", "k")
        await until(lambda: app.pane.cursor.message_id == "a8", pilot)
        await until(lambda: any(line.startswith("┃") for line in app.screen_text), pilot)
        moved = [event.message_id for event in app.events if isinstance(event, CursorMoved)]
        assert moved[-1] == app.pane.cursor.message_id


async def test_a_click_puts_the_cursor_there() -> None:
    app = Host([user(1, "question"), reply(1, "answer")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.click(offset=(5, 0))
        assert app.pane.cursor.message_id == "u1"
        await pilot.press("e")
        await pilot.click(offset=(5, 2))
        await pilot.press("r")
        asked = [event for event in app.events if isinstance(event, EditRequested | RegenerateRequested)]
        assert [(type(event), event.message_id) for event in asked] == [(EditRequested, "u1"), (RegenerateRequested, "a1")]


async def test_versions_of_the_question_are_asked_for_from_its_reply() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show([user(1, "question"), reply(1, "answer")], {"u1": (2, 3)})
        await pilot.pause()
        await pilot.press("left")
        asked = [(event.message_id, event.step) for event in app.events if isinstance(event, SiblingRequested)]
        assert asked == [("u1", -1)]


async def test_versions_are_asked_for() -> None:
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show([user(1, "question"), reply(1, "answer")], {"a1": (2, 3)})
        await pilot.pause()
        y = next(y for y, line in enumerate(app.screen_text) if "2/3" in line)
        line = app.screen_text[y]
        await pilot.click(offset=(line.index("‹"), y))
        await pilot.click(offset=(line.index("›"), y))
        await pilot.press("j", "right")
        asked = [(event.message_id, event.step) for event in app.events if isinstance(event, SiblingRequested)]
        assert asked == [("a1", -1), ("a1", 1), ("a1", 1)]


async def test_a_link_is_reported_not_opened() -> None:
    app = Host([reply(1, "see [this](http://x.y/z) and https://bare.example/a.")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        line = app.screen_text[0]
        await pilot.click(offset=(line.index("this") + 1, 0))
        await pilot.click(offset=(line.index("bare"), 0))
        assert [event.href for event in app.events if isinstance(event, LinkClicked)] == [
            "http://x.y/z",
            "https://bare.example/a",
        ]


async def test_finding_goes_through_all_messages() -> None:
    app = Host(turns(30))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        index, total = app.pane.finder.find("ANSWER")
        assert total == 30
        assert app.shows(f"answer {index - 1}")
        await pilot.press("n")
        assert app.shows(f"answer {index % 30}")
        await pilot.press("N", "N")
        found = [(event.current, event.total) for event in app.events if isinstance(event, Found)]
        assert found[-1] == (index - 1 or 30, 30)


async def test_matches_are_marked_across_markup_and_lines() -> None:
    app = Host([reply(1, "a **small** harbour and a small\nharbour")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.pane.finder.find("small harbour") == (1, 2)
        marked = app.pane.viewport.painter.palette.inks["match"].bgcolor
        current = app.pane.viewport.painter.palette.inks["match-current"].bgcolor
        colours: dict[object, str] = {}
        for segment in (segment for strip in app.pane.render_lines(app.pane.size.region) for segment in strip):
            if segment.style is not None:
                colours[segment.style.bgcolor] = colours.get(segment.style.bgcolor, "") + segment.text
        assert colours[current] == "small harbour"
        assert colours[marked] == "smallharbour"  # on two lines, as it was written
        app.pane.finder.end()
        assert not app.pane.finder.searching


async def test_what_is_not_there_is_not_found() -> None:
    app = Host(turns(3))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.pane.finder.find("no such (text") == (0, 0)
        assert app.pane.finder.find("  ") == (0, 0)


async def test_a_match_in_a_long_reply_is_scrolled_to() -> None:
    text = "\n\n".join(f"paragraph {number}" for number in range(300))
    app = Host([reply(1, text)])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.pane.finder.find("paragraph 37") == (1, 1)
        assert app.shows("paragraph 37")
        assert not app.pane.viewport.following


async def test_a_key_shows_what_was_written() -> None:
    text = "# Title\n\n**加粗：**后  two\n\n- [docs](http://x.y)\n\n```py\nx\n```"
    app = Host([user(1, "hi"), reply(1, text), user(2, "and?"), reply(2, "**two**")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("w")
        assert app.shows("**two**")
        assert app.shows("加粗：后")
        await pilot.press("k", "k", "k", "w")
        assert [line for line in text.split("\n") if not app.shows(line)] == []
        assert app.pane.excerpts.reply() == text
        await pilot.press("w")
        assert not app.shows("**加粗")
        assert app.shows("**two**")


async def test_what_is_written_is_shown_while_it_arrives() -> None:
    app = Host([user(1, "hi")])
    async with app.run_test(size=SIZE) as pilot:
        app.pane.begin(reply(1, "", end=None))
        app.pane.feed(content("**one**\n\n*tw"))
        await until(lambda: app.shows("tw"), pilot)
        await pilot.press("w")
        assert app.shows("**one**")
        app.pane.feed(content("o*\n\n`three`"))
        await until(lambda: app.shows("`three`"), pilot)
        assert app.shows("*two*")
        app.pane.finish(reply(1, "**one**\n\n*two*\n\n`three`"))
        await until(lambda: not app.pane.streaming, pilot)
        assert app.shows("**one**")
        assert app.shows("`three`")
        await pilot.press("w")
        assert not app.shows("*two*")

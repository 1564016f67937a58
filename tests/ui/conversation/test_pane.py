"""The pane as its reader meets it."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.pilot import Pilot

from minicpm_tui.errors import ErrorInfo
from minicpm_tui.messages import ABORT, End, Frame, ImagePart, Message, Notice, Source, TextPart, VideoPart
from minicpm_tui.ui.conversation import ConversationPane
from tests.ui.conversation.host import AT, Host, content, reply, thought, turns, user
from tests.waiting import until

SIZE = (60, 20)


async def until_shown(pilot: Pilot[None], pane: ConversationPane) -> None:
    """Wait until everything that was fed is drawn."""
    await until(lambda: not pane.streaming, pilot)
    await pilot.pause()


async def test_an_empty_conversation_says_what_to_do() -> None:
    app = Host()
    async with app.run_test(size=SIZE):
        assert app.shows("Ask something")


async def test_a_conversation_is_shown_from_its_end() -> None:
    app = Host(turns(20))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.shows("last line of 19")
        assert not app.shows("question 0")
        assert app.shows("20 tokens · 12.7 tokens/s · first token 0.50 s")


async def test_a_reply_streams_in_formatted() -> None:
    app = Host([user(1, "hello")])
    async with app.run_test(size=SIZE) as pilot:
        pane = app.pane
        pane.begin(reply(1, "", end=None))
        for piece in ("# Ti", "tle\n\n- o", "ne\n- **tw", "o**\n"):
            pane.feed(content(piece))
        await until(lambda: app.shows("• two"), pilot)
        pane.finish(reply(1, "# Title\n\n- one\n- **two**\n"))
        await until_shown(pilot, pane)
        assert app.shows("Title")
        assert app.shows("• one")
        assert app.shows("first token 0.50 s")
        assert not app.shows("**")


async def test_a_reply_ends_as_its_message_whatever_was_fed() -> None:
    app = Host([user(1, "hello")])
    async with app.run_test(size=SIZE) as pilot:
        app.pane.begin(reply(1, "", end=None))
        app.pane.feed(content("half"))
        app.pane.finish(reply(1, "the whole"))
        await until_shown(pilot, app.pane)
        assert app.shows("the whole")
        assert app.pane.excerpts.reply() == "the whole"


async def test_reading_back_is_not_disturbed_by_new_text() -> None:
    app = Host(turns(20))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        pane = app.pane
        pane.begin(reply(99, "", end=None))
        await pilot.press("pageup", "pageup")
        before = app.screen_text[:-1]
        for number in range(40):
            pane.feed(content(f"line {number}\n\n"))
        pane.finish(reply(99, "".join(f"line {number}\n\n" for number in range(40))))
        await until_shown(pilot, pane)
        await until(lambda: app.shows("↓ new text"), pilot)
        assert app.screen_text[:-1] == before
        await pilot.press("end")
        assert app.shows("line 39")
        assert not app.shows("↓ new text")


async def test_following_begins_again_at_the_end() -> None:
    app = Host(turns(20))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press("up", "up", "up")
        assert not app.pane.viewport.following
        await pilot.press("pagedown", "pagedown")
        assert app.pane.viewport.following


async def test_reasoning_is_folded_and_unfolds() -> None:
    app = Host([user(1, "hello")])
    async with app.run_test(size=SIZE) as pilot:
        pane = app.pane
        pane.begin(reply(1, "", end=None))
        pane.feed([thought("let me see, a secret", 0.5)])
        await until(lambda: app.shows("Thinking…"), pilot)
        assert app.shows("a secret")
        pane.feed([content("Here it is.", 3.6)])
        pane.finish(reply(1, "Here it is.", reasoning="let me see, a secret"))
        await until_shown(pilot, pane)
        assert app.shows("Thought for 3 s ▸")
        assert not app.shows("a secret")
        await pilot.press("t")
        assert app.shows("a secret")
        await pilot.click(offset=(4, next(y for y, line in enumerate(app.screen_text) if "Thought" in line)))
        assert not app.shows("a secret")


async def test_how_a_reply_ended_is_said() -> None:
    error = ErrorInfo("stalled", "The server has stopped responding", "127.0.0.1", "ask again")
    ends = [End(error=error), End(finish_reason=ABORT), End(finish_reason="length"), None]
    app = Host([reply(number, "text", end=end) for number, end in enumerate(ends)])
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert app.shows("✗ The server has stopped responding: 127.0.0.1 — ask again")
        assert app.shows("■ Stopped")
        assert app.shows("■ Cut off")
        assert app.shows("■ Unfinished")


async def test_a_reply_that_says_nothing_or_no_is_told() -> None:
    app = Host(
        [
            reply(1, "", end=End("stop")),
            reply(2, "", end=End("stop"), reasoning="hm"),
            reply(3, "I cannot.", end=End("stop", refused=True)),
            reply(4, "half", end=End("content_filter")),
        ]
    )
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert app.shows("■ The reply is empty")
        assert app.shows("■ The model thought, but wrote no answer")
        assert app.shows("■ The model declined to answer")
        assert app.shows("■ Cut off by the server's content filter")


async def test_a_notice_stands_above_the_text() -> None:
    app = Host([user(1, "hello")])
    async with app.run_test(size=SIZE) as pilot:
        app.pane.begin(reply(1, "", end=None))
        app.pane.feed(content("text"))
        app.pane.feed(Notice("sent again"))
        app.pane.finish(reply(1, "text"))
        await until_shown(pilot, app.pane)
        lines = app.screen_text
        assert lines.index("  ! sent again") < lines.index("  text")


async def test_what_a_model_writes_cannot_steer() -> None:
    app = Host([reply(1, "[red]no[/red] \x1b[31mescape\x07 [link=x]")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert app.shows("[red]no[/red] ␛[31mescape␇ [link=x]")


async def test_width_changes_keep_the_reading_position() -> None:
    text = "\n\n".join(f"paragraph {number} " + "word " * 40 for number in range(60))
    app = Host([reply(1, text)])
    async with app.run_test(size=(80, 20)) as pilot:
        await pilot.pause()
        for _ in range(6):
            await pilot.press("pageup")
        first = next(line for line in app.screen_text if "paragraph" in line)
        for width in (50, 101, 33, 80):
            await pilot.resize_terminal(width, 20)
            await pilot.pause()
        assert first in app.screen_text[:14]


async def test_a_tiny_terminal_shows_something() -> None:
    app = Host(turns(3))
    async with app.run_test(size=(20, 5)) as pilot:
        await pilot.pause()
        assert all(strip.cell_length == 20 for strip in app.pane.render_lines(app.pane.size.region))
        await pilot.resize_terminal(4, 2)
        await pilot.pause()


async def test_five_thousand_messages_are_not_all_drawn() -> None:
    app = Host(turns(2500))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        drawn = sum(unit.rows is not None for entry in app.pane.document.entries for unit in entry.units)
        assert drawn < 40
        assert app.shows("last line of 2499")
        await pilot.press("home")
        assert app.shows("question 0")


async def test_attachments_and_thumbnails_are_shown() -> None:
    picture = ImagePart("har\x1bbour.jpg", "a" * 64, 1024, 768, source=Source(bytes=123456))
    video = VideoPart("clip.mp4", frames=(Frame("b", 0.0), Frame("c", 1.0)), source=Source(duration=75.0))
    message = Message("u1", None, "user", (TextPart("look"), picture, video), AT)
    app = Host()
    async with app.run_test(size=SIZE) as pilot:
        app.pane.show([message], thumbnails={"u1": [[Segment("▀▀▀", Style(color="red"))]]})
        await pilot.pause()
        assert app.screen_text[:4] == [
            "▌ ▣ har␛bour.jpg · 1024×768 · 123 kB",
            "▌ ▶ clip.mp4 · 1:15 · 2 frames",
            "▌ ▀▀▀",
            "▌ look",
        ]
        app.pane.set_thumbnails("u1", [])
        await pilot.pause()
        assert not app.shows("▀▀▀")


async def test_another_theme_redraws_what_is_there() -> None:
    app = Host([user(1, "question"), reply(1, "# answer")])
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        dark = app.pane.render_lines(app.pane.size.region)
        app.theme = "textual-light"
        await pilot.pause()
        await pilot.pause()
        light = app.pane.render_lines(app.pane.size.region)
        assert [strip.text for strip in dark] == [strip.text for strip in light]
        assert list(dark[2]) != list(light[2])


async def test_a_new_conversation_cuts_off_what_streams() -> None:
    app = Host([user(1, "hello")])
    async with app.run_test(size=SIZE) as pilot:
        app.pane.begin(reply(1, "", end=None))
        app.pane.feed(content("text"))
        app.pane.show(turns(1))
        app.pane.feed(content("more"))
        app.pane.finish(reply(1, "text more"))
        await pilot.pause()
        assert app.shows("answer 0")
        assert not app.shows("more")


async def test_resizing_while_a_reply_streams_loses_nothing() -> None:
    app = Host([user(1, "hello")])
    text = "".join(f"- item {number}\n" for number in range(30)) + "\n```py\n" + "x = 1\n" * 5 + "```\n\nthe end"
    async with app.run_test(size=SIZE) as pilot:
        app.pane.begin(reply(1, "", end=None))
        for at in range(0, len(text), 20):
            app.pane.feed(content(text[at : at + 20]))
            if at % 100 == 0:
                await pilot.resize_terminal(30 + at % 50, 20)
        app.pane.finish(reply(1, text))
        await pilot.resize_terminal(*SIZE)
        await until_shown(pilot, app.pane)
        assert app.shows("the end")
        await pilot.press("home")
        assert app.shows("• item 0")
        whole = [place.row.line.text for place in app.pane.document.rows(0, 500)]
        fresh = Host([user(1, "hello"), reply(1, text)])
    async with fresh.run_test(size=SIZE) as pilot:
        await pilot.press("home")
        assert whole == [place.row.line.text for place in fresh.pane.document.rows(0, 500)]


async def test_a_message_may_be_added_while_a_reply_arrives() -> None:
    app = Host([user(1, "hello")])
    async with app.run_test(size=SIZE) as pilot:
        app.pane.begin(reply(1, "", end=None))
        app.pane.feed(content("first "))
        app.pane.add(user(2, "queued"))
        app.pane.feed(content("second"))
        app.pane.finish(reply(1, "first second"))
        await until_shown(pilot, app.pane)
        lines = app.screen_text
        assert lines.index("  first second") < lines.index("▌ queued")

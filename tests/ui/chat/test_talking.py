"""From the composer to the server and back onto the screen and the disk."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

from PIL import Image
from textual import events

from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.messages import media_of
from minicpm_tui.sessions import Journal
from minicpm_tui.ui.attachments.adjust import Adjust
from minicpm_tui.ui.chat.status_line import StatusLine
from tests.ui.chat.conftest import Opener


async def test_a_picture_is_pasted_asked_about_and_saved(server: DemoServer, opened: Opener, picture: Path) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.talk.composer.post_message(events.Paste(f"'{picture}'"))
        await driver.until(lambda: bool(driver.talk.tray.attachments) and driver.talk.tray.attachments[0].prepared is not None)
        assert "320×240" in driver.talk.tray.attachments[0].facts()
        assert driver.talk.composer.text == ""
        await driver.ask("what is this?")
        question, reply = driver.path
        assert [part.name for part in media_of(question.content)] == ["red cat.png"]
        assert "320×240" in reply.text
        assert driver.talk.tray.attachments == []
        await driver.ask("and again?")
        status = driver.app.chat.query_one(StatusLine).status
        assert status.state == "ready"
        assert status.context == 32768
        assert status.used is not None
        assert status.used > 100
        session_id = driver.model.journal.id if driver.model.journal else ""
    with Journal.open(session_id, read_only=True) as saved:
        assert [message.text for message in saved.tree.path() if message.role == "user"] == ["what is this?", "and again?"]


async def test_text_that_begins_with_a_slash_is_text(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.ask("/help me")
        assert server.chats[0]["messages"][-1]["content"] == "/help me"


async def test_typed_paths_are_attached_before_the_message_is_sent(server: DemoServer, opened: Opener, picture: Path) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.write(str(picture))
        await driver.pilot.press("enter")
        await driver.until(lambda: len(driver.talk.tray.attachments) == 1)
        assert driver.talk.composer.text == ""
        escaped = str(picture).replace(" ", "\\ ")
        await driver.write(f"@{escaped} what is this?")
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.talk.composer.text == "what is this?")
        assert not driver.tree.messages
        await driver.ask("what is this?")
        assert [part.name for part in media_of(driver.path[0].content)] == ["red cat.png"]


async def test_a_typed_path_that_does_not_exist_is_sent_by_a_second_enter(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.write("/nowhere/cat.png")
        await driver.pilot.press("enter")
        await driver.until(lambda: "not on this machine" in driver.said)
        assert "Enter once more sends it as text" in driver.said
        assert driver.talk.composer.text == "/nowhere/cat.png"
        await driver.ask("/nowhere/cat.png")
        assert server.chats[0]["messages"][-1]["content"] == "/nowhere/cat.png"


async def test_a_missing_path_among_words_is_said_and_what_exists_attached(
    server: DemoServer, opened: Opener, picture: Path
) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        escaped = str(picture).replace(" ", "\\ ")
        await driver.write(f"compare @{escaped} with @/Users/me/shot.png, please")
        await driver.pilot.press("enter")
        await driver.until(lambda: "/Users/me/shot.png: not on this machine" in driver.said)
        await driver.until(lambda: bool(driver.talk.tray.attachments))
        rest = "compare red cat.png with @/Users/me/shot.png, please"
        assert driver.talk.composer.text == rest
        assert server.chats == []
        await driver.pilot.press("enter")
        await driver.until(lambda: len(driver.path) == 2 and not driver.talk.running)
        assert driver.path[0].text == rest


async def test_what_does_not_fit_is_said_before_sending_and_mended_by_a_key(opened: Opener, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.png" for name in "ab"]
    for file in files:
        Image.new("RGB", (1344, 1344), "red").save(file)
    with serving(DemoOptions(tokens_per_second=0, max_model_len=1024)) as small:
        async with opened(url=small.url) as driver:
            await driver.connected()
            await driver.write("compare them")
            driver.talk.tray.attach([str(file) for file in files])
            fit = driver.talk.context_line
            await driver.until(lambda: "does not fit" in fit.said and fit.display)
            assert "the model takes 1024" in fit.said
            assert "^T: send the pictures for" in fit.said
            await driver.pilot.press("ctrl+t")
            await driver.until(lambda: not fit.display and len(driver.talk.tray.attachments) == 2)
            await driver.ask("compare them")
            assert len(media_of(driver.path[0].content)) == 2
            assert "not sent" not in driver.said
            assert len(small.chats) == 1


async def test_the_files_of_the_message_are_a_key_away(server: DemoServer, opened: Opener, picture: Path) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.talk.tray.attach([str(picture)])
        await driver.until(lambda: bool(driver.talk.tray.attachments) and driver.talk.tray.attachments[0].prepared is not None)
        await driver.pilot.press("shift+tab", "a")
        await driver.until(lambda: isinstance(driver.app.screen, Adjust))
        await driver.pilot.press("escape")
        await driver.until(lambda: driver.app.screen is driver.app.chat)
        await driver.pilot.press("x")
        await driver.until(lambda: not driver.talk.tray.attachments and driver.talk.composer.has_focus)


async def test_several_lines(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.pilot.press("a", "ctrl+j", "b", "shift+enter", "c")
        assert driver.talk.composer.text == "a\nb\nc"


async def test_stop_keeps_what_arrived_and_the_queue_goes_on(slow_server: DemoServer, opened: Opener) -> None:
    async with opened(url=slow_server.url) as driver:
        await driver.connected()
        await driver.write("first")
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.talk.running and driver.talk.reply_view.rate.tokens > 3)
        await driver.write("second")
        await driver.pilot.press("enter")
        assert [waiting.text for waiting in driver.talk.queue.waiting] == ["second"]
        await driver.pilot.press("escape")
        await driver.until(lambda: len(driver.path) == 4)
        first = driver.path[1]
        assert first.end.finish_reason == "abort"
        assert first.text.startswith("word")
        assert driver.path[2].text == "second"
        await driver.pilot.press("escape")
        await driver.until(lambda: not driver.talk.running)


async def test_a_waiting_message_is_taken_back(slow_server: DemoServer, opened: Opener) -> None:
    async with opened(url=slow_server.url) as driver:
        await driver.connected()
        await driver.write("first")
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.talk.running)
        await driver.write("wait")
        await driver.pilot.press("enter", "up")
        assert driver.talk.queue.waiting == []
        assert driver.talk.composer.text == "wait"
        driver.talk.stop()
        await driver.until(lambda: not driver.talk.running)


async def test_another_conversation_gives_back_what_waits(slow_server: DemoServer, opened: Opener) -> None:
    async with opened(url=slow_server.url) as driver:
        await driver.connected()
        for text in ("first", "second", "third"):
            await driver.write(text)
            await driver.pilot.press("enter")
        await driver.until(lambda: driver.talk.running and driver.talk.reply_view.rate.tokens > 3)
        left = driver.model.journal.id if driver.model.journal else ""
        await driver.pilot.press("ctrl+n")
        await driver.until(lambda: driver.path == () and not driver.talk.running)
        assert driver.talk.composer.text == "second\n\nthird"
        assert driver.talk.queue.waiting == []
        assert driver.said == ""
        assert driver.app.chat.query_one(StatusLine).status.used is None
    with Journal.open(left, read_only=True) as saved:
        assert [message.text for message in saved.tree.path() if message.role == "user"] == ["first"]
    assert len(slow_server.chats) == 1


async def test_the_context_in_use_counts_what_is_asked_and_what_was_stopped(
    slow_server: DemoServer, opened: Opener, picture: Path
) -> None:
    def used() -> int:
        return driver.app.chat.query_one(StatusLine).status.used or 0

    async with opened(url=slow_server.url) as driver:
        await driver.connected()
        driver.talk.tray.attach([str(picture)])
        await driver.until(lambda: bool(driver.talk.tray.tokens))
        attached = driver.talk.tray.tokens
        await driver.write("look")
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.talk.reply_view.rate.tokens > 3)
        assert used() > attached
        await driver.pilot.press("escape")
        await driver.until(lambda: not driver.talk.running)
        assert used() > attached
    async with opened(url=slow_server.url, resume=True) as driver:
        await driver.connected()
        assert used() > attached


async def test_stop_takes_back_a_message_whose_files_are_still_prepared(
    server: DemoServer, opened: Opener, picture: Path
) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.talk.tray.attach([str(picture)])
        await driver.until(lambda: bool(driver.talk.tray.tokens))
        driver.talk.tray.attachments[0].done.clear()  # a long video takes minutes
        await driver.write("look")
        await driver.pilot.press("enter")
        await driver.until(lambda: driver.talk.running)
        assert driver.talk.composer.text == ""
        await driver.pilot.press("escape")
        await driver.until(lambda: not driver.talk.running)
        assert driver.talk.composer.text == "look"
        assert len(driver.talk.tray.attachments) == 1
        driver.talk.tray.remove_last()
        await driver.ask("without it")
        assert media_of(driver.path[0].content) == ()


async def test_retry_and_edit_make_versions(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.ask("one")
        await driver.pilot.press("ctrl+r")
        await driver.until(lambda: len(driver.tree.messages) == 3 and not driver.talk.running)
        await driver.pilot.press("f7")
        assert driver.talk.composer.text == "one"
        assert "Editing a question" in str(driver.app.export_screenshot()).replace("&#160;", " ")
        await driver.write("two")
        await driver.pilot.press("enter")
        await driver.until(lambda: len(driver.tree.messages) == 5 and not driver.talk.running)
        assert [message.text for message in driver.path if message.role == "user"] == ["two"]
        driver.talk.step(driver.path[0].id, -1)
        await driver.until(lambda: driver.path[0].text == "one")


async def test_an_edit_leaves_the_next_message_as_it_was(server: DemoServer, opened: Opener, picture: Path) -> None:
    def next_message() -> tuple[str, int]:
        return driver.talk.composer.text, len(driver.talk.tray.attachments)

    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.ask("one")
        await driver.write("half a thought")
        driver.talk.tray.attach([str(picture)])
        await driver.until(lambda: bool(driver.talk.tray.tokens))
        await driver.pilot.press("f7")
        assert next_message() == ("one", 0)
        assert driver.talk.unsent().text == "half a thought\n\none"
        assert driver.talk.unsent().attachments == (str(picture),)
        await driver.pilot.press("escape")
        assert next_message() == ("half a thought", 1)
        await driver.pilot.press("f7")
        await driver.write("two")
        await driver.pilot.press("enter")
        await driver.until(lambda: len(driver.tree.messages) == 4 and not driver.talk.running)
        assert [message.text for message in driver.path if message.role == "user"] == ["two"]
        assert media_of(driver.path[0].content) == ()
        assert next_message() == ("half a thought", 1)


async def test_an_edit_that_was_left_goes_on_where_it_was(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.ask("one")
        await driver.pilot.press("f7", *" more", "escape")
        assert driver.talk.composer.text == ""
        await driver.pilot.press("f7")
        assert driver.talk.composer.text == "one more"


async def test_a_dead_server_costs_nothing(opened: Opener, picture: Path) -> None:
    async with opened(url="http://127.0.0.1:9") as driver:
        await driver.until(lambda: driver.app.chat.model.connector.problem != "")
        await driver.write("keep me")
        await driver.pilot.press("enter")
        assert driver.talk.composer.text == "keep me"
        assert "127.0.0.1:9" in driver.said


async def test_the_status_tells_whether_the_server_can_be_reached(opened: Opener) -> None:
    def state() -> str:
        return driver.app.chat.query_one(StatusLine).status.state

    with ExitStack() as running:
        first = running.enter_context(serving())
        async with opened(url=first.url) as driver:
            await driver.connected()
            running.close()
            await driver.ask("are you there?")
            assert driver.path[1].end.error.kind == "server_unreachable"
            await driver.until(lambda: state() == "failed")
            with serving(port=int(first.url.rpartition(":")[2])):
                await driver.ask("and now?")
                assert driver.path[3].end.error is None
                await driver.until(lambda: state() == "ready")


async def test_a_failing_server_holds_the_queue(opened: Opener) -> None:
    with serving(DemoOptions(tokens_per_second=8, reply="a " * 40, faults=Faults(error_after=20))) as server:
        async with opened(url=server.url) as driver:
            await driver.connected()
            await driver.write("first")
            await driver.pilot.press("enter")
            await driver.until(lambda: driver.talk.running)
            await driver.write("second")
            await driver.pilot.press("enter")
            await driver.until(lambda: not driver.talk.running)
            assert driver.path[1].end.error is not None
            assert driver.talk.queue.held
            server.set_faults(Faults())
            await driver.pilot.press("enter")
            await driver.until(lambda: len(driver.path) == 4 and not driver.talk.running)
            assert driver.path[3].end.error is None


async def test_a_picture_whose_name_is_no_utf8_is_kept_and_sent(
    server: DemoServer, opened: Opener, home: Path, tmp_path: Path, picture: Path
) -> None:
    odd = await asyncio.to_thread(picture.rename, tmp_path / "bad\udcff.png")
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.talk.tray.attach([str(odd)])
        await driver.until(lambda: bool(driver.talk.tray.tokens))
        await driver.until(lambda: any("bad\\udcff.png" in path.read_text() for path in (home / "state/drafts").glob("*.json")))
        await driver.ask("look")
        assert driver.path[1].end.error is None
    async with opened(url=server.url, resume=True) as driver:
        assert [part.name for part in media_of(driver.path[0].content)] == ["bad\ufffd.png"]


async def test_what_cannot_be_sent_is_said_and_blocks_nothing(
    server: DemoServer, opened: Opener, tmp_path: Path, picture: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0junk")
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.talk.tray.attach([str(broken)])
        await driver.until(lambda: any(entry.error for entry in driver.talk.tray.attachments))
        await driver.write("look")
        await driver.pilot.press("enter")
        assert driver.talk.composer.text == "look"
        assert "broken.jpg" in driver.said
        driver.talk.tray.attach([str(picture)])
        await driver.until(lambda: bool(driver.talk.tray.tokens))
        await driver.pilot.press("shift+tab", "delete")
        assert [attachment.name for attachment in driver.talk.tray.attachments] == [picture.name]
        await driver.pilot.press("escape")
        await driver.ask("look")
        assert [part.name for part in media_of(driver.path[0].content)] == [picture.name]


async def test_a_path_of_another_machine_is_said_and_kept(opened: Opener, server: DemoServer) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.talk.composer.post_message(events.Paste("/Users/me/shot.png"))
        await driver.until(lambda: "scp" in driver.said)
        assert driver.talk.composer.text == "/Users/me/shot.png"


async def test_a_session_goes_on(server: DemoServer, opened: Opener) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        await driver.ask("remember 41")
    async with opened(url=server.url, resume=True) as driver:
        await driver.connected()
        assert [message.text for message in driver.path if message.role == "user"] == ["remember 41"]
        await driver.ask("and now?")
        assert len(server.chats[-1]["messages"]) == 3
        await driver.pilot.press("ctrl+n")
        await driver.until(lambda: driver.path == ())


async def test_the_draft_survives(server: DemoServer, opened: Opener, picture: Path, home: Path) -> None:
    async with opened(url=server.url) as driver:
        await driver.connected()
        driver.talk.tray.attach([str(picture)])
        await driver.write("half a thou")
        drafts = home / "state" / "drafts"
        await driver.until(lambda: any("half a thou" in path.read_text() for path in drafts.glob("*.json")))
        (mine,) = drafts.glob("*.json")
        mine.rename(drafts / "99999999.json")
    async with opened(url=server.url) as driver:
        await driver.until(lambda: driver.talk.composer.text == "half a thou" and len(driver.talk.tray.attachments) == 1)

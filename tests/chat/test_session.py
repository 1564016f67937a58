"""A conversation against the demo server, from the question to the journal."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from minicpm_tui.chat.events import Asked, Preparing
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.errors import MediaError, StorageError, UsageError
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import ABORT, Delta, End, RequestOptions, Tree, media_of
from minicpm_tui.sessions import Journal
from tests.chat.conftest import Opener, hear
from tests.waiting import until


def on_disk(journal: Journal) -> Tree:
    assert journal.path is not None
    with Journal.open(journal.path, read_only=True) as again:
        return again.tree


async def test_a_question_with_a_picture_is_answered_and_lies_on_disk(server: DemoServer, talking: Opener, picture: Path) -> None:
    async with talking(server) as session:
        heard = await hear(session.send("What is it?", [AttachmentSpec(path=picture)]))
        assert "320×240" in heard.text
        assert heard.end.finish_reason == "stop"
        assert heard.end.usage is not None
        assert isinstance(heard.events[0], Preparing)
        question, reply = on_disk(session.journal).path()
        assert (question.text, reply.text) == ("What is it?", heard.text)
        assert reply.end == heard.end
        assert (reply.model, reply.server) == (server.model, server.url)
        assert reply.request is not None
        assert reply.request["temperature"] == 0.7


async def test_a_follow_up_sends_the_picture_by_name_alone(server: DemoServer, talking: Opener, picture: Path) -> None:
    async with talking(server) as session:
        await hear(session.send("What is it?", [AttachmentSpec(path=picture)]))
        heard = await hear(session.send("And now?"))
    assert "320×240" in heard.text
    first, second = server.chats
    assert first["messages"][0]["content"][0]["image_url"]["url"].startswith("data:image/")
    assert second["messages"][0]["content"][0] == {
        "type": "image_url",
        "image_url": None,
        "uuid": first["messages"][0]["content"][0]["uuid"],
    }
    assert [message["role"] for message in second["messages"]] == ["user", "assistant", "user"]


async def test_what_is_to_be_known_of_a_file_is_said_with_its_name(talking: Opener, picture: Path, tmp_path: Path) -> None:
    moving = tmp_path / "waving.gif"
    first, *others = [Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue")]
    first.save(moving, save_all=True, append_images=others)
    files = [AttachmentSpec(path=picture), AttachmentSpec(path=moving)]
    with serving(DemoOptions(model="MiniCPM-Llama3-V-2_5", tokens_per_second=0)) as server:
        async with talking(server) as session:
            (notice,) = (await hear(session.send("What are these?", files))).notices
            assert notice.startswith("waving.gif: an animation")
    with serving(DemoOptions(tokens_per_second=0)) as server:
        async with talking(server) as session:
            heard = await hear(session.send("What are these?", files))
            assert heard.notices == []
            assert "**3** frames" in heard.text


async def test_another_process_knows_what_the_server_has(server: DemoServer, talking: Opener, picture: Path) -> None:
    async with talking(server) as session:
        await hear(session.send("What is it?", [AttachmentSpec(path=picture)]))
        session_id = session.journal.id
    async with talking(server, Journal.open(session_id)) as again:
        await hear(again.send("And now?"))
    assert server.chats[1]["messages"][0]["content"][0]["image_url"] is None
    assert len(server.requests[-1].body) < 10_000


async def test_stopping_keeps_what_had_arrived_and_frees_the_server(talking: Opener) -> None:
    with serving(DemoOptions(tokens_per_second=50, reply="word " * 500)) as slow:
        async with talking(slow) as session:
            deltas = 0
            async with aclosing(session.send("Talk")) as events:
                async for event in events:
                    deltas += isinstance(event, Delta)
                    if deltas == 3:
                        session.cancel()
                    last = event
            reply = on_disk(session.journal).path()[-1]
            assert reply.end == last
            assert reply.end is not None
            assert reply.end.finish_reason == ABORT
            assert reply.text.startswith("word")
            assert not session.busy
            await until(lambda: slow.running == 0)


async def test_what_hangs_on_a_silent_server_is_let_go(talking: Opener) -> None:
    with serving(DemoOptions(tokens_per_second=0, faults=Faults(stall_after=0))) as silent:
        async with talking(silent) as session:
            async with aclosing(session.send("Are you there?")) as events:
                async for event in events:
                    if isinstance(event, Asked):
                        await until(lambda: silent.running == 1)
                        session.cancel()
                    last = event
            assert isinstance(last, End)
            assert last.finish_reason == ABORT
            assert not session.busy
            await until(lambda: silent.running == 0)


async def test_leaving_the_iterator_stops_the_reply_too(talking: Opener) -> None:
    with serving(DemoOptions(tokens_per_second=50, reply="word " * 500)) as slow:
        async with talking(slow) as session:
            async with aclosing(session.send("Talk")) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        break
            assert not session.busy
            reply = session.tree.path()[-1]
            assert reply.end is not None
            assert reply.end.finish_reason == ABORT
            await until(lambda: slow.running == 0)


async def test_retry_and_edit_add_siblings(server: DemoServer, talking: Opener, picture: Path) -> None:
    async with talking(server) as session:
        first = await hear(session.send("What is it?", [AttachmentSpec(path=picture)]))
        second = await hear(session.retry())
        assert second.asked.question == first.asked.question
        assert session.tree.position(second.asked.reply.id) == (2, 2)
        third = await hear(session.edit(first.asked.question.id, "Which colour?"))
        assert "320×240" in third.text
        assert session.tree.position(third.asked.question.id) == (2, 2)
        assert session.tree.path()[0].text == "Which colour?"
        assert len(server.chats[-1]["messages"]) == 1


async def test_a_reply_that_breaks_off_is_kept_with_its_error(talking: Opener) -> None:
    with serving(DemoOptions(tokens_per_second=0, reply="one two three four", faults=Faults(drop_after=3))) as server:
        async with talking(server) as session:
            heard = await hear(session.send("Count"))
            assert heard.end.error is not None
            assert heard.end.error.kind == "server_failed"
            reply = on_disk(session.journal).path()[-1]
            assert reply.unfinished
            assert reply.text == heard.text != ""
            server.set_faults(Faults())
            again = await hear(session.send("Go on"))
            assert again.end.error is None
    assert [message["role"] for message in server.chats[-1]["messages"]] == ["user", "assistant", "user"]


async def test_nothing_is_sent_or_written_when_a_file_is_unusable(server: DemoServer, talking: Opener, tmp_path: Path) -> None:
    async with talking(server) as session:
        with pytest.raises(MediaError):
            await hear(session.send("What is it?", [AttachmentSpec(path=tmp_path / "gone.png")]))
        with pytest.raises(UsageError):
            await hear(session.send("  "))
        assert not session.tree.messages
        assert not server.chats
        assert (await hear(session.send("Hello"))).end.error is None


async def test_a_disk_that_fails_while_streaming_does_not_end_the_reply(
    server: DemoServer, talking: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(server) as session:
        monkeypatch.setattr(session.journal, "append_deltas", _full)
        monkeypatch.setattr(session.journal, "append_end", _full)
        heard = await hear(session.send("Hello"))
        assert "demo server" in heard.text
        assert heard.end.error is None
        assert ["not saved" in notice for notice in heard.notices] == [True]


async def test_a_disk_that_takes_no_question_keeps_it_from_being_sent(
    server: DemoServer, talking: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(server) as session:
        monkeypatch.setattr(session.journal, "append_message", _full)
        with pytest.raises(StorageError):
            await hear(session.send("Hello"))
        assert not server.chats


async def test_changed_settings_hold_for_the_next_question_and_after_reopening(server: DemoServer, talking: Opener) -> None:
    async with talking(server) as session:
        await hear(session.send("Hello"))
        await session.change(RequestOptions(system="Be brief.", temperature=0.1))
        await hear(session.send("Again"))
        session_id = session.journal.id
    async with talking(server, Journal.open(session_id), top_p=0.5) as again:
        assert (again.options.system, again.options.temperature, again.options.top_p) == ("Be brief.", 0.1, 0.5)
    assert server.chats[-1]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert server.chats[-1]["temperature"] == 0.1


async def test_an_unsaved_session_talks_as_well(server: DemoServer, talking: Opener, picture: Path, home: Path) -> None:
    async with talking(server, Journal.create(save=False)) as session:
        await hear(session.send("What is it?", [AttachmentSpec(path=picture)]))
        heard = await hear(session.send("And now?"))
        assert "320×240" in heard.text
    assert not (home / "data").exists()


async def test_a_model_without_a_switch_for_thinking_is_said_once(talking: Opener) -> None:
    with serving(DemoOptions(tokens_per_second=0, model="openbmb/MiniCPM-V-2_6")) as plain:
        async with talking(plain, thinking=True) as session:
            first, second = [await hear(session.send(text)) for text in ("One", "Two")]
            assert [notice for notice in first.notices if "no switch for thinking" in notice]
            assert not second.notices
    with serving(DemoOptions(tokens_per_second=0, model="openbmb/MiniCPM-V-4.6")) as switching:
        async with talking(switching, thinking=True) as session:
            assert not (await hear(session.send("One"))).notices
            assert switching.chats[-1]["chat_template_kwargs"] == {"enable_thinking": True}


async def test_reasoning_is_kept_apart_and_not_sent_back(talking: Opener) -> None:
    with serving(DemoOptions(tokens_per_second=0, thinking="tags")) as server:
        async with talking(server, thinking=True) as session:
            heard = await hear(session.send("Think"))
            assert heard.reasoning
            assert "think>" not in heard.text
            assert session.tree.path()[-1].reasoning == heard.reasoning
            await hear(session.send("More"))
    assert server.chats[0]["chat_template_kwargs"] == {"enable_thinking": True}
    assert heard.reasoning.strip() not in server.requests[-1].body.decode()


def _full(*_args: object) -> None:
    raise StorageError("disk: No space left on device")


async def test_a_webp_goes_to_vllm_as_it_is_and_to_others_as_jpeg_or_png(
    server: DemoServer, talking: Opener, tmp_path: Path
) -> None:
    path = tmp_path / "a.webp"
    Image.effect_noise((320, 240), 80).convert("RGB").save(path)
    async with talking(server) as session:
        for vllm in (True, False):
            facts = msgspec.structs.replace(session.connection.facts, is_vllm=vllm)
            session.connection = replace(session.connection, facts=facts)
            await hear(session.send("What is it?", [AttachmentSpec(path=path)]))
            [part] = media_of(session.tree.path()[-2].content)
            assert part.media_type in ({"image/webp"} if vllm else {"image/jpeg", "image/png"})
            [digest] = part.digests
            assert (session.journal.blobs.read(digest) == path.read_bytes()) == vllm

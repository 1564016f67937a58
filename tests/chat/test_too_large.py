"""A gateway that takes few bytes at once: a message that it refuses is made smaller, or left out of what is sent later."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.chat.fitting import fitting
from minicpm_tui.chat.rerun import Rerun, TurnEnded
from minicpm_tui.demo.options import Faults
from minicpm_tui.demo.testing import DemoServer
from minicpm_tui.errors import RequestTooLarge
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import media_of
from tests.chat.conftest import Opener, hear, noisy_png

MOST = 100_000


@pytest.fixture
def photos(tmp_path: Path) -> list[AttachmentSpec]:
    """Pictures that have some 40 kB each as they are sent."""
    made = []
    for index in range(4):
        path = tmp_path / f"photo{index}.png"
        path.write_bytes(noisy_png(200 + index, 150))
        made.append(AttachmentSpec(path=path))
    return made


@pytest.fixture
def gateway(server: DemoServer) -> DemoServer:
    server.set_faults(Faults(most_bytes=MOST))
    return server


async def test_what_is_said_after_a_refused_message_is_answered(
    gateway: DemoServer, talking: Opener, photos: list[AttachmentSpec]
) -> None:
    async with talking(gateway) as session:
        refused = await hear(session.send("What are these?", photos))
        assert refused.end.error is not None
        assert refused.end.error.kind == RequestTooLarge.kind
        assert "#n=" in refused.end.error.hint
        heard = await hear(session.send("Are you there?"))
        assert heard.end.error is None
        assert [message["role"] for message in gateway.chats[-1]["messages"]] == ["user"]


async def test_a_refused_message_is_asked_again_with_smaller_pictures(
    gateway: DemoServer, talking: Opener, photos: list[AttachmentSpec]
) -> None:
    async with talking(gateway) as session:
        refused = await hear(session.send("What are these?", photos))
        assert session.can_be_lighter(refused.asked.reply.id)
        heard = await hear(session.retry())
        assert heard.end.error is None
        assert len(media_of(heard.asked.question.content)) == 4
        assert [message.id for message in session.tree.path()] == [heard.asked.question.id, heard.asked.reply.id]
        assert any("photo0.png: made smaller" in notice for notice in heard.notices)
        sent = [request for request in gateway.requests if request.path == "/v1/chat/completions"][-1].size
        assert MOST * 0.6 < sent <= MOST


async def test_one_that_was_left_out_is_put_back_at_the_end(
    gateway: DemoServer, talking: Opener, photos: list[AttachmentSpec]
) -> None:
    async with talking(gateway) as session:
        refused = await hear(session.send("What are these?", photos))
        await hear(session.send("Are you there?"))
        await hear(session.retry(refused.asked.reply.id))
        assert [message.text for message in session.tree.path() if message.role == "user"][1:] == [
            "Are you there?",
            "What are these?",
        ]
        assert len(media_of(session.tree.path()[-2].content)) == 4


async def test_a_limit_that_is_known_is_kept_before_anything_is_sent(
    gateway: DemoServer, talking: Opener, photos: list[AttachmentSpec]
) -> None:
    async with talking(gateway) as session:
        await hear(session.send("What are these?", photos))
    async with talking(gateway) as another:
        heard = await hear(another.send("What are these?", photos))
        assert heard.end.error is None
        assert len(gateway.requests) == len([request for request in gateway.requests if request.size <= MOST]) + 1


async def test_turns_that_must_be_sent_again_after_a_restart_are_left_out(
    server: DemoServer, talking: Opener, photos: list[AttachmentSpec]
) -> None:
    async with talking(server) as session:
        for photo in photos:
            await hear(session.send("What is it?", [photo]))
        server.forget_media()
        server.set_faults(Faults(most_bytes=MOST))
        heard = await hear(session.send("And now?"))
        assert heard.end.error is None
        assert any("oldest turn" in notice for notice in heard.notices)
        again = await hear(session.send("And then?"))
        assert again.end.error is None


async def test_a_file_that_cannot_be_made_smaller_is_named_before_it_is_sent(
    gateway: DemoServer, talking: Opener, photos: list[AttachmentSpec]
) -> None:
    async with talking(gateway) as session:
        await hear(session.send("What are these?", photos))
        session.connection.memory.refused_bytes(60_000, 33_000)
        before = len(gateway.requests)
        with pytest.raises(RequestTooLarge, match="takes 33"):
            await hear(session.send("And these?", photos * 4))
        assert len(gateway.requests) == before


async def test_a_rerun_makes_its_pictures_fit(server: DemoServer, talking: Opener, photos: list[AttachmentSpec]) -> None:
    async with talking(server) as session:
        await hear(session.send("What are these?", photos))
        await hear(session.send("And now?"))
        server.forget_media()
        server.set_faults(Faults(most_bytes=MOST))
        async with talking(server) as again:
            ended = [event async for event in Rerun(session.journal, again).run() if isinstance(event, TurnEnded)]
    assert [event.new.end is not None and event.new.end.error is None for event in ended] == [True, True]


async def test_what_refuses_everything_is_not_asked_for_ever(
    server: DemoServer, talking: Opener, photos: list[AttachmentSpec]
) -> None:
    server.set_faults(Faults(status=413))
    async with talking(server) as session:
        with pytest.raises(RequestTooLarge):
            await hear(fitting(session, session.send("What are these?", photos * 2)))
        refused = await hear(session.send("Are you there?"))
        assert refused.end.error is not None
        server.set_faults(Faults())
        assert (await hear(session.send("And now?"))).end.error is None
        assert len(server.chats) < 10


def test_frames_of_a_video_stay_of_one_size() -> None:
    import io

    from minicpm_tui.media.smaller import as_small_as

    frames = [noisy_png(300, 200) for _index in range(3)]
    width, height, made = as_small_as(frames, 8000)
    assert {Image.open(io.BytesIO(blob.data)).size for blob in made} == {(width, height)}
    assert all(len(blob.data) <= 8000 for blob in made)


@pytest.mark.parametrize("faults", [Faults(status=502), Faults(status=500), Faults(status=413), Faults(drop_after=0)])
async def test_after_any_refusal_the_next_plain_message_is_answered(
    server: DemoServer, talking: Opener, photos: list[AttachmentSpec], faults: Faults
) -> None:
    async with talking(server) as session:
        server.set_faults(faults)
        refused = await hear(session.send("What is it?", photos[:1]))
        assert refused.end.error is not None
        server.set_faults(Faults())
        heard = await hear(session.send("Are you there?"))
        assert heard.end.error is None
        assert server.chats[-1]["messages"][-1]["role"] == "user"

"""A conversation about a picture and a video with a real vLLM: what is sent again, and what it costs."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.backends.tokenize import count_tokens
from minicpm_tui.chat.connect import Target, connect
from minicpm_tui.chat.options import options_for
from minicpm_tui.chat.session import ChatSession
from minicpm_tui.config import load
from minicpm_tui.families import image_tokens
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import Delta
from minicpm_tui.sessions import Journal
from tests.chat.conftest import Heard, hear
from tests.media.making import clip


@pytest.fixture
async def session(real_url: str, real_key: str) -> AsyncIterator[ChatSession]:
    config = load({"max_tokens": 8, "temperature": 0.0})
    connection = await connect(config, target=Target(real_url, key=real_key))
    talk = ChatSession(Journal.create(), connection, options_for(config, {}, connection.model))
    yield talk
    await talk.aclose()
    await connection.aclose()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """One that the server cannot have seen."""
    path = tmp_path / "noise.png"
    Image.frombytes("L", (640, 480), os.urandom(640 * 480)).save(path)
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return clip(tmp_path / "clip.mp4", 64, rate=8, size=(320, 240))


def tokens(heard: Heard) -> int:
    assert heard.end.error is None, heard.end.error.line()
    assert heard.end.usage is not None
    return heard.end.usage.prompt_tokens


async def test_a_picture_and_a_video_are_asked_about_twice(session: ChatSession, picture: Path, video: Path) -> None:
    first = await hear(session.send("What?", [AttachmentSpec(path=picture), AttachmentSpec(path=video, count=8)]))
    second = await hear(session.send("And now?"))
    assert tokens(second) > tokens(first) > 8 * 66 + image_tokens(session.connection.family, 640, 480)
    assert first.notices == second.notices == []
    third = await hear(session.retry())
    assert tokens(third) == tokens(second)


async def test_a_server_that_has_forgotten_is_sent_the_bytes_unseen(session: ChatSession, picture: Path) -> None:
    """A digest that the memory believes to be there, as after an eviction."""
    from minicpm_tui.media import prepare

    limits = session.refresh().limits
    assert limits is not None
    prepared = prepare(AttachmentSpec(path=picture), limits)
    assert prepared.part.uuid is not None
    session.connection.memory.acknowledge([prepared.part.uuid], bare=False)
    heard = await hear(session.send("What?", [prepared]))
    assert tokens(heard) > 0
    assert len(heard.notices) == 1


async def test_stopping_frees_the_server_for_the_next_question(session: ChatSession) -> None:
    from minicpm_tui.messages import RequestOptions

    await session.change(RequestOptions(max_tokens=1500, temperature=1.0))
    async for event in session.send("Talk"):
        if isinstance(event, Delta):
            session.cancel()
    assert session.tree.path()[-1].end is not None
    await session.change(RequestOptions(max_tokens=4))
    assert tokens(await hear(session.send("Again"))) > 0


async def test_text_is_counted_by_the_server(session: ChatSession) -> None:
    connection = session.connection
    assert await count_tokens(connection.facts, connection.key, connection.model, "hello world") == 10

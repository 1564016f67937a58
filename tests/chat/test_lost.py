"""A conversation goes on when the file of an attachment is gone."""

from __future__ import annotations

from pathlib import Path

from minicpm_tui.demo.testing import DemoServer
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.sessions import Journal
from tests.chat.conftest import Opener, hear

LOST = "red.png: its file is missing from the session; the model is told only its name"


async def about(server: DemoServer, talking: Opener, picture: Path) -> str:
    """A saved session about a picture whose file is then deleted."""
    async with talking(server) as session:
        await hear(session.send("What is it?", [AttachmentSpec(path=picture)]))
    assert session.journal.path is not None
    for file in (session.journal.path / "attachments").iterdir():
        file.unlink()
    return session.journal.id


async def test_a_follow_up_names_what_is_lost_and_is_answered(server: DemoServer, talking: Opener, picture: Path) -> None:
    name = await about(server, talking, picture)
    async with talking(server, journal=Journal.open(name)) as session:
        heard = await hear(session.send("And now?"))
    assert heard.end.error is None
    assert heard.notices == [LOST]
    assert server.chats[-1]["messages"][0]["content"] == "[red.png]\nWhat is it?"


async def test_asking_again_and_editing_go_on_too(server: DemoServer, talking: Opener, picture: Path) -> None:
    name = await about(server, talking, picture)
    async with talking(server, journal=Journal.open(name)) as session:
        question = session.tree.path()[0]
        again = await hear(session.retry())
        edited = await hear(session.edit(question.id, "What was it?"))
    assert again.end.error is None
    assert edited.end.error is None
    assert again.notices == edited.notices == [LOST]
    assert server.chats[-2]["messages"][0]["content"] == "[red.png]\nWhat is it?"
    assert server.chats[-1]["messages"][0]["content"] == "[red.png]\nWhat was it?"

"""Asks a saved session's questions again and writes the answers into a session of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import msgspec

from minicpm_tui.chat import rerun_media
from minicpm_tui.chat.budget import guess_tokens
from minicpm_tui.chat.events import Asked, Preparing
from minicpm_tui.chat.fitting import fitting
from minicpm_tui.chat.session import ChatSession, new_id
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.messages import Delta, End, Message, Notice
from minicpm_tui.sessions import Journal
from minicpm_tui.sessions.rerun_of import RERUN_OF
from minicpm_tui.text import model_name, one_line


@dataclass(frozen=True)
class Turn:
    """A question of the first session with its recorded answer, None when there was none."""

    question: Message
    recorded: Message | None


@dataclass(frozen=True)
class TurnBegan:
    """Turn ``index`` (from 0) of ``total`` is asked again."""

    index: int
    total: int
    turn: Turn


@dataclass(frozen=True)
class TurnEnded:
    """Turn ``index`` has its new answer."""

    index: int
    turn: Turn
    new: Message


RerunEvent = TurnBegan | Preparing | Delta | Notice | TurnEnded


def turns_of(journal: Journal) -> list[Turn]:
    """The questions of the path that is selected, each with the answer that follows it there."""
    path = journal.tree.path()
    following = (*path, None)[1:]
    return [
        Turn(message, after if after is not None and after.role == "assistant" else None)
        for message, after in zip(path, following, strict=True)
        if message.role == "user"
    ]


class Rerun:
    """One rerun of ``source`` through ``session``, whose journal is new and gets the answers.

    Args:
        source: the first session; it is only read.
        session: where the questions go.
        keep_history: each question follows the recorded answers instead of the new ones.
    """

    def __init__(self, source: Journal, session: ChatSession, *, keep_history: bool = False) -> None:
        self.source = source
        self.session = session
        self.keep_history = keep_history
        self.turns = turns_of(source)

    async def run(self) -> AsyncGenerator[RerunEvent, None]:
        """Ask turn after turn. Ends after the last one or after the first answer that failed or was stopped.

        Raises UsageError when there is nothing to ask, StorageError.
        """
        if not self.turns:
            raise UsageError(self.source.id, title=_("There is no question in this session"))
        settings = {RERUN_OF: self.source.id, "keep_history": self.keep_history}
        await asyncio.to_thread(self.session.journal.append_settings, settings)
        parent: str | None = None
        for index, turn in enumerate(self.turns):
            yield TurnBegan(index, len(self.turns), turn)
            reply: Message | None = None
            async with aclosing(self._ask(turn, parent)) as events:
                async for event in events:
                    if isinstance(event, Asked):
                        reply = event.reply
                    elif not isinstance(event, End):
                        yield event
            if reply is None:
                return
            new = self.session.tree.messages[reply.id]
            if index == 0:
                await asyncio.to_thread(self.session.journal.set_title, self._title())
            yield TurnEnded(index, turn, new)
            if new.unfinished or (new.end and new.end.finish_reason == "abort"):
                return
            parent = new.id
            if self.keep_history and turn.recorded is not None and index + 1 < len(self.turns):
                parent = await asyncio.to_thread(self._copy, turn.recorded, new)

    async def _ask(self, turn: Turn, parent: str | None) -> AsyncGenerator[Preparing | Asked | Delta | Notice | End, None]:
        preparing: list[Preparing] = []
        preparer = self.session.refresh(parent, guess_tokens(turn.question.text))
        family = self.session.connection.family
        attachments, notes = await rerun_media.again(turn.question, self.source.blobs, preparer, family, preparing.append)
        for event in preparing:
            yield event
        for note in notes:
            yield Notice(note)
        asking = self.session.send(turn.question.text, attachments, parent=parent)
        async with aclosing(fitting(self.session, asking)) as events:
            async for each in events:
                yield each

    def _title(self) -> str:
        """The first session's title, so that the list tells the two apart."""
        title = one_line(self.source.title, 60) or self.source.id
        return _("{title} · rerun, {model}").format(title=title, model=model_name(self.session.connection.model, 40))

    def _copy(self, recorded: Message, new: Message) -> str:
        """The recorded answer beside the new one, as history of the next question."""
        copy = msgspec.structs.replace(recorded, id=new_id(), parent=new.parent, request={RERUN_OF: recorded.id})
        self.session.journal.append_message(copy)
        return copy.id

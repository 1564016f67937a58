"""One conversation in progress: prepares, writes down, sends, streams, and stops."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from minicpm_tui.chat.budget import dropped_before, guess_tokens, history_tokens, shortfall
from minicpm_tui.chat.connect import Connection
from minicpm_tui.chat.context_fit import Plan, plan
from minicpm_tui.chat.events import Asked, ChatEvent
from minicpm_tui.chat.lighter import Fresh, Scales, refused, with_media, without_refused
from minicpm_tui.chat.limits import SHORT_QUESTION
from minicpm_tui.chat.options import as_settings
from minicpm_tui.chat.preparer import Attachment, Preparer
from minicpm_tui.chat.reply_stream import completed, stream_reply
from minicpm_tui.chat.slicing import learn
from minicpm_tui.chat.uncounted import unseen
from minicpm_tui.chat.within_limit import as_sent, reply_events, request_of, weighed
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media.spec import Prepared
from minicpm_tui.messages import Blob, Message, Notice, Part, RequestOptions, TextPart, Tree, Usage, media_of
from minicpm_tui.sessions import Journal
from minicpm_tui.sessions.ids import now
from minicpm_tui.sessions.lost import named_if_lost, without_lost

Emit = Callable[[ChatEvent], None]
Work = Callable[[Emit], Coroutine[Any, Any, None]]

HERE = "here"
"""The parent of a message that follows the selected one."""


class ChatSession:
    """One conversation at work, in the TUI, ``ask`` and ``rerun``: prepares, journals, sends, stops. One reply at a time.

    Every method that asks returns an iterator of events which ends with ``End`` once the question is in the journal. Before that
    it raises: MediaError, StorageError, UsageError; then nothing was sent and nothing is in the tree. Closing the iterator, or
    ``cancel``, stops the reply; what had arrived is kept.
    """

    def __init__(
        self, journal: Journal, connection: Connection, options: RequestOptions, preparer: Preparer | None = None
    ) -> None:
        self.journal = journal
        self.connection = connection
        self.options = msgspec.structs.replace(options, model=connection.model)
        self.preparer = preparer or Preparer()
        self._said_no_switch = False
        self._task: asyncio.Task[None] | None = None

    @property
    def tree(self) -> Tree:
        """Every message of the session, and which branch is selected."""
        return self.journal.tree

    @property
    def busy(self) -> bool:
        """True while a message is prepared or a reply streams."""
        return self._task is not None

    def refresh(self, parent: str | None = HERE, text: int = SHORT_QUESTION) -> Preparer:
        """The preparer, for files of a message under ``parent`` beside ``text`` tokens of text."""
        parent = self.tree.leaf if parent == HERE else parent
        above = without_refused(self.tree.path(parent)) if parent else ()
        self.preparer.refresh(self.connection, self.options, above, text)
        return self.preparer

    def spent(self) -> int:
        """Tokens of the selected path: as the server counted them with its last message, else by formula and guess."""
        path = without_refused(self.tree.path())
        if path and (end := path[-1].end) is not None and end.usage is not None:
            return end.usage.total_tokens
        return sum(history_tokens(path, self.connection.family)[dropped_before(path) :])

    async def plan(self, text: str, attachments: Sequence[Prepared] = (), *, parent: str | None = HERE) -> Plan:
        """What sending this would take: tokens, turns that are left out, and what to change when it does not fit."""
        question = self._new_question(text, tuple(each.part for each in attachments), parent)
        return await plan(self.connection, self.options, self._above(question), question)

    def send(
        self, text: str, attachments: Sequence[Attachment] = (), *, parent: str | None = HERE
    ) -> AsyncGenerator[ChatEvent, None]:
        """Ask: a new user message under ``parent`` (None: a new beginning) and its reply."""
        return self._run(lambda emit: self._ask(text, attachments, (), parent, emit))

    def edit(
        self, message_id: str, text: str, attachments: Sequence[Attachment] | None = None
    ) -> AsyncGenerator[ChatEvent, None]:
        """Ask otherwise: a sibling of the user message ``message_id``; its pictures stay unless ``attachments`` is given."""
        old = self.tree.messages[message_id]
        kept = media_of(old.content) if attachments is None else ()
        return self._run(lambda emit: self._ask(text, attachments or (), kept, old.parent, emit))

    def retry(self, message_id: str | None = None) -> AsyncGenerator[ChatEvent, None]:
        """Another reply beside the reply ``message_id`` (the last one unless given), or one for a question without a reply."""
        question = self._question(message_id or self.tree.leaf)
        return self._run(lambda emit: self._again(question, emit))

    def can_be_lighter(self, message_id: str) -> bool:
        """The reply ``message_id`` did not come because of its question's pictures: ``retry`` sends them smaller."""
        known = self.connection.memory.body_limit is not None
        return known and refused(self.tree.messages[message_id]) and bool(media_of(self._question(message_id).content))

    def cancel(self) -> None:
        """Stop what is going on; the iterator ends after what had arrived."""
        if self._task is not None:
            self._task.cancel()

    async def select(self, message_id: str) -> None:
        """Show the path through ``message_id``."""
        await asyncio.to_thread(self.journal.select, message_id)

    async def change(self, options: RequestOptions) -> None:
        """Use ``options`` from now on, with the connection's model."""
        self.options = msgspec.structs.replace(options, model=self.connection.model)
        await asyncio.to_thread(self.journal.append_settings, as_settings(self.options, self.connection.url))

    async def use(self, connection: Connection) -> None:
        """Talk with another server or model from now on; the old connection stays the caller's to close."""
        self.connection = connection
        await self.change(self.options)

    async def aclose(self) -> None:
        """Stop a reply and let go of the journal; the connection stays open."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.to_thread(self.journal.close)

    async def _run(self, work: Work) -> AsyncGenerator[ChatEvent, None]:
        """Do ``work`` in a task of its own and hand its events out as they come, many at a time when they come fast."""
        if self._task is not None:
            raise UsageError(_("a reply is still coming"), hint=_("stop it first"))
        events: list[ChatEvent] = []
        news = asyncio.Event()

        def emit(event: ChatEvent) -> None:
            events.append(event)
            news.set()

        task = self._task = asyncio.create_task(work(emit))
        task.add_done_callback(lambda _task: news.set())
        try:
            while not task.done() or events:
                await news.wait()
                news.clear()
                taken, events[:] = events[:], []
                for event in taken:
                    yield event
            if not task.cancelled():
                task.result()
        finally:
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self._task = None

    async def _ask(
        self,
        text: str,
        attachments: Sequence[Attachment],
        kept: tuple[Part, ...],
        parent: str | None,
        emit: Emit,
    ) -> None:
        if not text.strip() and not attachments and not kept:
            raise UsageError(_("write something, or attach a picture or video"), title=_("Nothing to send"))
        parent = self.tree.leaf if parent == HERE else parent
        kept, lost = await asyncio.to_thread(named_if_lost, kept, self.journal)
        prepared = await self.refresh(parent, guess_tokens(text)).prepare_all(attachments, emit)
        question = self._new_question(text, (*kept, *(each.part for each in prepared)), parent)
        if lighter := await self._lighter(question, prepared):
            prepared, question = lighter, with_media(question, lighter)
        for note in lost:
            emit(Notice(note))
        await self._answer(question, emit, prepared)

    async def _again(self, question: Message, emit: Emit) -> None:
        """Another reply to ``question``; one that is too large for the server is asked with smaller pictures, beside it.

        Where the conversation has gone on without it, it is asked at the end.
        """
        prepared = await self._lighter(question)
        if prepared is None:
            await self._answer(question, emit)
            return
        path = self.tree.path()
        later = question in path and any(message.role == "user" for message in path[path.index(question) + 1 :])
        anew = with_media(question, prepared)
        parent = self.tree.leaf if later else question.parent
        await self._answer(msgspec.structs.replace(anew, id=new_id(), parent=parent, at=now()), emit, prepared)

    async def _lighter(self, question: Message, prepared: Sequence[Prepared] = ()) -> list[Prepared] | None:
        """The media of ``question`` so small that the server takes them; None where they are, or nothing is known of a limit."""
        scales = self._scales(prepared)
        if scales.limit is None or not media_of(question.content) or await asyncio.to_thread(scales.fits, question):
            return None
        return await asyncio.to_thread(scales.lighter, question)

    def _scales(self, prepared: Sequence[Prepared] = ()) -> Scales:
        blobs = {digest: blob for each in prepared for digest, blob in each.blobs.items()}
        return Scales(self.connection, Fresh(blobs, self.journal.blobs))

    async def _answer(self, question: Message, emit: Emit, prepared: Sequence[Prepared] = ()) -> None:
        """A reply to ``question``; ``prepared`` is what a question brings that is not in the journal yet."""
        asked = question.id in self.tree.messages
        path = (*self._above(question), question) if asked else self._above(question)
        path, lost = await asyncio.to_thread(without_lost, path, self.journal)
        above, sent = (path[:-1], path[-1]) if asked else (path, question)
        fitted = await plan(self.connection, self.options, above, sent)
        if fitted.problem:
            raise fitted.problem
        fitted = await weighed(fitted, sent, self._scales(prepared))
        request = request_of(self.connection, self.options, fitted, sent)
        reply = Message(
            new_id(),
            question.id,
            "assistant",
            (),
            now(),
            model=self.connection.model,
            server=self.connection.url,
            request=as_sent(request, self.options, fitted.dropped),
        )
        blobs = {digest: blob for each in prepared for digest, blob in each.blobs.items()}
        _none, cancelled = await completed(asyncio.to_thread(self._write, question, blobs, reply, asked=asked))
        emit(Asked(question, reply))
        of_files = (f"{each.part.name}: {note}" for each in prepared for note in each.notes)
        for notice in (*lost, *self._without_switch(), *fitted.notices, *of_files):
            emit(Notice(notice))
        if cancelled:
            self.cancel()
        events = reply_events(self.connection, self.options, fitted, sent, self.journal.blobs)
        await stream_reply(events, self.journal, reply.id, emit, check_usage=partial(self._unread, fitted, sent))

    def _without_switch(self) -> Iterator[str]:
        """Said once: thinking was asked of a model that has no such switch."""
        if self.options.thinking and not self.connection.profile.knows_thinking and not self._said_no_switch:
            self._said_no_switch = True
            words = _("{model} has no switch for thinking: it answers as it always does.")
            yield words.format(model=self.connection.family.title)

    def _write(self, question: Message, blobs: dict[str, Blob], reply: Message, *, asked: bool) -> None:
        self.journal.append_settings(as_settings(self.options, self.connection.url))
        if not asked:
            self.journal.append_message(question, blobs)
        self.journal.append_message(reply)

    def _new_question(self, text: str, parts: tuple[Part, ...], parent: str | None) -> Message:
        content = (*parts, TextPart(text)) if text.strip() else parts
        return Message(new_id(), self.tree.leaf if parent == HERE else parent, "user", content, now())

    def _above(self, question: Message) -> tuple[Message, ...]:
        return without_refused(self.tree.path(question.parent)) if question.parent else ()

    async def _unread(self, fitted: Plan, sent: Message, usage: Usage) -> str:
        """What to say when the server counted the new pictures and videos otherwise than they were counted here."""
        if said := await unseen(self.connection, self.options, fitted, sent, usage, self.journal.blobs):
            return said
        if self.connection.family.generic:
            return ""
        if learned := learn(self.connection, fitted, sent, usage):
            return learned
        before = [message.end.usage for message in fitted.path if message.end and message.end.usage]
        missing = shortfall(usage.prompt_tokens, before[-1].prompt_tokens if before else 0, sum(fitted.budget.media))
        if not missing or fitted.notices:
            return ""
        text = _("The server read about {count} fewer tokens of pictures and videos than were sent; it may have dropped frames.")
        return text.format(count=missing)

    def _question(self, message_id: str | None) -> Message:
        message = self.tree.messages.get(message_id or "")
        while message is not None and message.role != "user":
            message = self.tree.messages.get(message.parent or "")
        if message is None:
            raise UsageError(_("there is no question yet"), title=_("Nothing to send"))
        return message


def new_id() -> str:
    """A message's id."""
    return secrets.token_hex(8)

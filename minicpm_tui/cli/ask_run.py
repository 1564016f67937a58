"""Carries ``ask`` out: connects, opens the session, streams, and stops on Ctrl-C with what had arrived kept."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from minicpm_tui.batch.output.schema import Schema
from minicpm_tui.chat.connect import connect
from minicpm_tui.chat.events import Asked, ChatEvent
from minicpm_tui.chat.fitting import fitting
from minicpm_tui.chat.options import options_for
from minicpm_tui.chat.session import ChatSession
from minicpm_tui.chat.session_choice import open_journal
from minicpm_tui.cli.ask_input import on_disk, question_text
from minicpm_tui.cli.ask_output import Output
from minicpm_tui.cli.ask_sent import SentFolder
from minicpm_tui.cli.options import Flags
from minicpm_tui.errors import MediaError, MinicpmTuiError, UsageError
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.libraries import quiet_libraries
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import ABORT, End, Message

INTERRUPTED = 130


SKIPPED_SHOWN = 5


@dataclass(frozen=True)
class Question:
    """What the command line asks: words (``-`` is stdin), files, which session, and whether ``again`` (``retry``, ``edit``)."""

    words: tuple[str, ...]
    files: tuple[str, ...] = ()
    session: str | None = None
    latest: bool = False
    no_save: bool = False
    again: str = ""
    show_sent: Path | None = None
    schema: Path | None = None


def run(question: Question, flags: Flags, output: Output) -> int:
    """Ask; returns the exit status. Raises BrokenPipeError when nobody reads, KeyboardInterrupt before anything was sent."""
    try:
        text = _text(question)
        with quiet_libraries(), on_disk(question.files) as files:
            return asyncio.run(_ask(question, text, files, flags, output))
    except MinicpmTuiError as error:
        output.failed(error)
        return error.exit_status


def _text(question: Question) -> str:
    """The question. Raises UsageError when there is nothing to ask, or too much."""
    if question.again == "retry":
        if question.words or question.files:
            raise UsageError(_("--retry asks what was asked: give no text and no files"), hint=_("ask otherwise with --edit"))
        return ""
    text = question_text(question.words, question.files)
    if not text.strip() and (question.again or not question.files):
        raise UsageError(_("write a question, or pipe one in"), title=_("Nothing to ask"), hint="minicpm-tui ask --help")
    return text


async def _ask(question: Question, text: str, files: list[str], flags: Flags, output: Output) -> int:
    config = flags.config()
    sent = SentFolder(question.show_sent) if question.show_sent is not None else None
    latest = question.latest or bool(question.again and not question.session)
    schema = await asyncio.to_thread(Schema.read, question.schema) if question.schema is not None else None
    journal = await asyncio.to_thread(open_journal, question.session, latest=latest, save=not question.no_save)
    try:
        output.session = journal.id if journal.saved else None
        for note in journal.notes:
            output.say(note)
        specs = await asyncio.to_thread(_expanded, files, output.say)
        connection = await connect(config, demo=flags.demo, sdk=False)
        try:
            options = options_for(config, journal.settings, connection.model)
            if schema is not None:
                output.check = schema.check
                options = msgspec.structs.replace(options, response_format=schema.response_format_json)
            session = ChatSession(journal, connection, options)
            output.model = connection.model
            asking = fitting(session, _events(session, question.again, text, specs))
            status = await _stream(session, output, asking, sent)
        finally:
            await connection.aclose()
    finally:
        await asyncio.to_thread(journal.close)
    return status or int(journal.unwritten)


def _events(session: ChatSession, again: str, text: str, specs: list[AttachmentSpec]) -> AsyncGenerator[ChatEvent, None]:
    """What happens when it is asked. Raises UsageError where there is no question yet."""
    if again == "retry":
        return session.retry()
    if again == "edit":
        asked = [message for message in session.tree.path() if message.role == "user"]
        if not asked:
            raise UsageError(_("there is no question yet"), title=_("Nothing to send"))
        return session.edit(asked[-1].id, text, specs or None)
    return session.send(text, specs)


async def _stream(session: ChatSession, output: Output, asking: AsyncGenerator[ChatEvent, None], sent: SentFolder | None) -> int:
    loop = asyncio.get_running_loop()
    end, unwritten = End(ABORT), False

    def interrupt() -> None:
        session.cancel()
        loop.remove_signal_handler(signal.SIGINT)  # a second one ends the program as it would any other

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        with output:
            async with aclosing(asking) as events:
                async for event in events:
                    if isinstance(event, End):
                        end = event
                    elif isinstance(event, Asked):
                        output.session = session.journal.id if session.journal.saved else None
                        if sent is not None and (problem := await _write_sent(sent, session, event.question)):
                            unwritten = True
                            output.say(problem)
                    else:
                        output.show(event)
            output.ended(end)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    if end.error or unwritten or output.unfit:
        return 1
    return INTERRUPTED if end.finish_reason == ABORT else 0


async def _write_sent(sent: SentFolder, session: ChatSession, question: Message) -> str:
    """What went wrong, in one line: the reply comes all the same."""
    try:
        await asyncio.to_thread(sent.write, question, session.journal.blobs, session.connection.family)
    except MinicpmTuiError as error:
        return str(error)
    return ""


def _expanded(files: list[str], say: Callable[[str], None]) -> list[AttachmentSpec]:
    """What ``files`` name; what of a folder cannot be read is said."""
    from minicpm_tui.media import expand

    skipped: list[MediaError] = []
    specs = expand(files, skipped.append) if files else []
    for error in skipped[:SKIPPED_SHOWN]:
        say(_("left out: {error}").format(error=error))
    if more := len(skipped[SKIPPED_SHOWN:]):
        say(ngettext("{count} more file is left out", "{count} more files are left out", more).format(count=more))
    return specs

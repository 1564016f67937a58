"""Carries ``ask`` out: connects, opens the session, streams, and stops on Ctrl-C with what had arrived kept."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing
from dataclasses import dataclass

from minicpm_tui.chat.connect import connect
from minicpm_tui.chat.events import Asked
from minicpm_tui.chat.options import options_for
from minicpm_tui.chat.session import ChatSession
from minicpm_tui.chat.session_choice import open_journal
from minicpm_tui.cli.ask_choice import choose_output
from minicpm_tui.cli.ask_output import Output
from minicpm_tui.cli.options import Flags
from minicpm_tui.errors import MinicpmTuiError, UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import ABORT, End

INTERRUPTED = 130


@dataclass(frozen=True)
class Question:
    """What the command line asks: words (``-`` is stdin), files, and which session."""

    words: tuple[str, ...]
    files: tuple[str, ...] = ()
    session: str | None = None
    latest: bool = False
    no_save: bool = False


def run(question: Question, flags: Flags, *, as_json: bool) -> int:
    """Ask; returns the exit status. Raises BrokenPipeError when nobody reads, KeyboardInterrupt before anything was sent."""
    output = choose_output(as_json=as_json)
    try:
        return asyncio.run(_ask(question, _text(question), flags, output))
    except MinicpmTuiError as error:
        output.failed(error)
        return error.exit_status


async def _ask(question: Question, text: str, flags: Flags, output: Output) -> int:
    config = flags.config()
    journal = await asyncio.to_thread(open_journal, question.session, latest=question.latest, save=not question.no_save)
    try:
        output.session = journal.id if journal.saved else None
        for note in journal.notes:
            output.say(note)
        specs = await asyncio.to_thread(_expanded, question.files)
        connection = await connect(config, demo=flags.demo)
        try:
            session = ChatSession(journal, connection, options_for(config, journal.settings, connection.model))
            output.model = connection.model
            return await _stream(session, output, text, specs)
        finally:
            await connection.aclose()
    finally:
        await asyncio.to_thread(journal.close)


async def _stream(session: ChatSession, output: Output, text: str, specs: list[AttachmentSpec]) -> int:
    loop = asyncio.get_running_loop()
    end = End(ABORT)

    def interrupt() -> None:
        session.cancel()
        loop.remove_signal_handler(signal.SIGINT)  # a second one ends the program as it would any other

    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        with output:
            async with aclosing(session.send(text, specs)) as events:
                async for event in events:
                    if isinstance(event, End):
                        end = event
                    elif isinstance(event, Asked):
                        output.session = session.journal.id if session.journal.saved else None
                    else:
                        output.show(event)
            output.ended(end)
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    if end.error:
        return 1
    return INTERRUPTED if end.finish_reason == ABORT else 0


def _text(question: Question) -> str:
    """The question; stdin takes the place of ``-``, or is all of it. Raises UsageError when there is nothing to ask."""
    words = list(question.words)
    if not words and not sys.stdin.isatty():
        words = ["-"]
    if "-" in words:
        piped = sys.stdin.buffer.read().decode(errors="replace").strip()
        words = [piped if word == "-" else word for word in words]
    text = "\n\n".join(words) if "-" in question.words and len(words) > 1 else " ".join(words)
    if not text.strip() and not question.files:
        raise UsageError(_("write a question, or pipe one in"), title=_("Nothing to ask"), hint="minicpm-tui ask --help")
    return text


def _expanded(files: tuple[str, ...]) -> list[AttachmentSpec]:
    from minicpm_tui.media import expand

    return expand(files) if files else []

"""Carries ``rerun`` out."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing

import msgspec

from minicpm_tui.chat.connect import connect
from minicpm_tui.chat.events import Preparing
from minicpm_tui.chat.options import options_for
from minicpm_tui.chat.rerun import Rerun, RerunEvent, TurnBegan, TurnEnded
from minicpm_tui.chat.rerun_compare import Comparison, changed, compare, figures, overall
from minicpm_tui.chat.session import ChatSession
from minicpm_tui.cli.json_print import print_json
from minicpm_tui.cli.options import Flags
from minicpm_tui.cli.warn import warn
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.messages import ABORT, Notice
from minicpm_tui.sessions import Journal
from minicpm_tui.text import one_line, printable

_MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}


def run(session: str, flags: Flags, *, keep_history: bool, as_json: bool) -> int:
    """Ask again; returns the exit status: 1 when a turn failed, 130 when it was interrupted."""
    return asyncio.run(_run(session, flags, keep_history=keep_history, as_json=as_json))


async def _run(session: str, flags: Flags, *, keep_history: bool, as_json: bool) -> int:
    config = flags.config()
    source = await asyncio.to_thread(Journal.open, session, read_only=True)
    connection = await connect(config, demo=flags.demo)
    journal = Journal.create()
    try:
        chat = ChatSession(journal, connection, options_for(config, source.settings, connection.model))
        rerun = Rerun(source, chat, keep_history=keep_history)
        done, error = await _follow(rerun, chat, as_json=as_json)
    finally:
        await connection.aclose()
        await asyncio.to_thread(journal.close)
    if as_json:
        result = {"session": journal.id, "source": source.id, "turns": [msgspec.to_builtins(each) for each in done]}
        print_json(result | ({"error": error.info} if error else {}))
    elif done:
        if len(done) > 1 and (whole := overall(done)):
            print(whole)
        print(_("saved as {id}").format(id=journal.id))
    if error:
        warn(error)
        return error.exit_status
    if done and done[-1].new.finish_reason == ABORT:
        return 130
    return 0 if len(done) == len(rerun.turns) and not done[-1].new.error else 1


async def _follow(rerun: Rerun, chat: ChatSession, *, as_json: bool) -> tuple[list[Comparison], MinicpmTuiError | None]:
    """Ask turn after turn, until one cannot be asked; ^C stops the one that runs, and with it the rerun."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, chat.cancel)
    done: list[Comparison] = []
    try:
        async with aclosing(rerun.run()) as events:
            async for event in events:
                _say(event)
                if isinstance(event, TurnEnded):
                    done.append(compare(event.turn, event.new))
                    if not as_json:
                        _show(done[-1])
    except MinicpmTuiError as error:
        return done, error
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    return done, None


def _say(event: RerunEvent) -> None:
    """What goes on, on stderr."""
    match event:
        case TurnBegan():
            text = _("turn {number} of {total}: {question}")
            question = one_line(event.turn.question.text, 60)
            print(text.format(number=event.index + 1, total=event.total, question=question), file=sys.stderr)
        case Notice():
            warn(event.text)
        case Preparing() if event.fraction == 0:
            print(_("preparing {name}").format(name=one_line(event.name, 60)), file=sys.stderr)
        case _:
            pass


def _show(each: Comparison) -> None:
    """A turn: the question, both answers with what differs, and their figures."""
    print(f"> {one_line(each.question)}\n", flush=True)
    if sys.stdout.isatty():
        _draw(each)
    else:
        print("".join(_MARKS[change][0] + printable(text) + _MARKS[change][1] for change, text in each.differences))
        print()
        for name, answer in ((_("recorded"), each.recorded), (_("new"), each.new)):
            print(f"  {name}: {figures(answer)}")
    print(_("  unchanged: {share:.0%}").format(share=each.similarity))
    print()


def _draw(each: Comparison) -> None:
    """Both answers as a conversation shows them, each below its figures; what differs is marked."""
    from rich.console import Console
    from rich.text import Text

    from minicpm_tui.markdown.console import Lines, markdown_lines

    console = Console(highlight=False)
    removed, added = changed(each)
    for name, answer, marked, ink in (
        (_("recorded"), each.recorded, removed, ("removed",)),
        (_("new"), each.new, added, ("added",)),
    ):
        console.print(Text(f"{name}: {figures(answer)}", style="dim"))
        console.print(Lines(markdown_lines(answer.text, console, marked, ink)), end="\n" if answer.text else "")

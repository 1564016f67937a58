"""From the wish for a batch to one that runs, and to its end: the form, what is told meanwhile, leaving while it goes on."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import RequestOptions
from minicpm_tui.paths import shortened
from minicpm_tui.text import model_name, one_line
from minicpm_tui.ui.batch.form import BatchForm
from minicpm_tui.ui.batch.order import server_arguments
from minicpm_tui.ui.batch.process import BatchProcess, let_go, outlived, running, stop_all
from minicpm_tui.ui.kit import ui_state
from minicpm_tui.ui.kit.dialogs import Ask
from minicpm_tui.ui.kit.messages import BatchNews

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection
    from minicpm_tui.config import Config

SAID_BY = "minicpm-tui: "
"""What begins a line of the command that says why it ended."""
_SHELL = re.compile(r"(^|\s)--[a-z]|minicpm-tui")


async def ask(
    app: App[Any],
    paths: Sequence[Path],
    entered: dict[str, str],
    connection: Connection | None,
    options: RequestOptions | None,
    config: Config,
    *,
    demo: bool,
) -> BatchProcess | None:
    """Have the user fill in the form for ``paths`` (one folder, or files) and start what it says. Run it in a worker.

    ``options`` are those of the conversation, whose server, prompt and sampling the batch has; ``demo`` says that it is
    the demo server. None when the user leaves.
    """
    options = options or RequestOptions()
    if "max_tokens" not in entered and options.max_tokens is not None:
        entered["max_tokens"] = str(options.max_tokens)
    marked = paths if paths and not await asyncio.to_thread(paths[0].is_dir) else ()
    folder = paths[0] if paths else await asyncio.to_thread(lambda: ui_state.load().folder(Path.cwd()))
    server = connection and _("answered by {model}, with the system prompt and sampling of this conversation").format(
        model=model_name(connection.model, 30)
    )
    problem = "" if connection else _("There is no server yet: F4 chooses one")
    pictures = shortened(folder) if paths else entered.get("pictures") or shortened(folder)
    form = BatchForm(entered, pictures=pictures, marked=marked, server=server or "", problem=problem)
    order = await app.push_screen_wait(form)
    if order is None or connection is None:
        return None
    process = BatchProcess(order.run(server_arguments(connection, options, config, demo=demo)), connection.key)
    process.start(lambda news: tell(app, news))
    return process


def tell(app: App[Any], process: BatchProcess) -> None:
    """Tell the app how ``process`` goes, and of its end."""
    name = one_line(Path(process.run.output).name, 40)
    begun = running()
    outputs = {each.run.output for each in begun}
    now = [*begun, *(each for output, each in outlived.items() if each.running and output not in outputs)]
    far = [each.far for each in now if each.far]
    words = ""
    if now:
        done, total = (sum(each) for each in zip(*far, strict=True)) if far else (0, 0)
        words = _("batch {done}/{total}").format(done=done, total=total) if total else _("batch")
    showing = getattr(app.screen, "process", None)
    told = process.running or (showing is not None and showing.run.output == process.run.output)  # the screen says it itself
    app.post_message(BatchNews(words, "" if told else f"{name}: {ended(process)}", failed=process.status != 0))


def ended(process: BatchProcess) -> str:
    """How it ended, in a few words; what to do next is named by keys of the program, never by options of the shell."""
    if process.status == 0:
        return _("all answered")
    if process.stopped or process.status in {128 + signal.SIGINT, 128 + signal.SIGTERM}:
        return _("stopped: what was answered is kept, and the batch can be continued")
    if process.status is None:
        return _("it has ended; what failed or was not asked yet can be asked now")
    error, dash, hint = process.words.removeprefix(SAID_BY).partition(" — ")
    if not process.words.startswith(SAID_BY):
        early = _("it ended early, with status {status}; what was answered is kept, and the batch can be continued")
        if process.status != 1:
            return early.format(status=process.status)
        if process.left:
            return ngettext(
                "{count} request was not asked: the input has changed meanwhile; it can be asked when that is there again",
                "{count} requests were not asked: the input has changed meanwhile; they can be asked when that is there again",
                process.left,
            ).format(count=process.left)
        return _("done; what failed can be asked again")
    if process.kept and "--resume" in hint:
        return one_line(_("{problem}; what was answered is kept, and the batch can be continued").format(problem=error), 300)
    return one_line(error if _SHELL.search(hint) else f"{error}{dash}{hint}", 300)


async def may_leave(app: App[Any]) -> bool:
    """Before the program ends: what becomes of the batches that run. False when the user stays."""
    if not (processes := running()):
        return True
    names = ", ".join(one_line(Path(process.run.output).name, 40) for process in processes)
    question = ngettext(
        "The batch {names} is still running. Every answer is saved as it arrives.",
        "The batches {names} are still running. Every answer is saved as it arrives.",
        len(processes),
    )
    answers = (("cancel", _("Cancel")), ("go on", _("Let it go on and quit")), ("stop", _("Stop it and quit")))
    answer = await app.push_screen_wait(Ask(question.format(names=names), answers))
    if answer == "go on":
        let_go()
    elif answer == "stop":
        await stop_all()
    return answer in {"go on", "stop"}

"""``minicpm-tui ask``: one turn, streamed to stdout."""

from __future__ import annotations

from pathlib import Path

import click

from minicpm_tui.cli.completing import files as complete_files
from minicpm_tui.cli.completing import session_ids
from minicpm_tui.cli.option import option
from minicpm_tui.cli.options import Flags, shared_options
from minicpm_tui.i18n import _


@click.command(
    "ask",
    help=_(
        "Ask one question; the reply streams to stdout.\n\n"
        "What is piped in belongs to the question: it follows TEXT, takes the place of a -, or is all of it."
    ),
)
@click.argument("text", nargs=-1)
@option(
    "-f",
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    shell_complete=complete_files,
    help=_("Picture, video, PDF, folder, glob or URL, - for stdin; repeatable."),
)
@option(
    "--session", metavar="ID", shell_complete=session_ids, help=_("Continue this session (its id, or a unique beginning of it).")
)
@option("--continue", "latest", is_flag=True, help=_("Continue the latest session."))
@option("--retry", "again", flag_value="retry", help=_("Ask the last question again; without --session, the latest one's."))
@option(
    "--edit", "again", flag_value="edit", help=_("Ask TEXT in place of the last question; its files stay unless some are given.")
)
@option(
    "--schema",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=_("Ask for JSON that follows this JSON schema, and check it."),
)
@option("--no-save", is_flag=True, help=_("Do not save the session."))
@option(
    "--show-sent",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help=_("Write what is sent of the files, and its slices, into this new folder."),
)
@option("--json", "as_json", is_flag=True, help=_("Print one JSON object when the reply is complete."))
@option("--plain", is_flag=True, help=_("Print plain text as it comes, on a terminal too: nothing is drawn again."))
@option("--raw", is_flag=True, help=_("Print the reply as it is, control characters too."))
@shared_options
def command(
    text: tuple[str, ...],
    files: tuple[str, ...],
    session: str | None,
    *,
    latest: bool,
    again: str | None,
    schema: Path | None,
    no_save: bool,
    show_sent: Path | None,
    as_json: bool,
    plain: bool,
    raw: bool,
    flags: Flags,
) -> int:
    """See the help text."""
    from minicpm_tui.cli.ask_choice import choose_output
    from minicpm_tui.cli.ask_run import Question, run

    question = Question(text, files, session, latest, no_save, again or "", show_sent, schema)
    return run(question, flags, choose_output(as_json=as_json, plain=plain, raw=raw))

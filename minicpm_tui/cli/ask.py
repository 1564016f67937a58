"""``minicpm-tui ask``: one turn, streamed to stdout."""

from __future__ import annotations

import click

from minicpm_tui.cli.options import Flags, shared_options
from minicpm_tui.i18n import _


@click.command(
    "ask",
    help=_("Ask one question; the reply streams to stdout.\n\nWithout TEXT, or where TEXT is -, it is read from stdin."),
)
@click.argument("text", nargs=-1)
@click.option(
    "-f", "--file", "files", multiple=True, metavar="FILE", help=_("Picture, video, PDF, folder, glob or URL; repeatable.")
)
@click.option("--session", metavar="ID", help=_("Continue this session (its id, or a unique beginning of it)."))
@click.option("--continue", "latest", is_flag=True, help=_("Continue the latest session."))
@click.option("--no-save", is_flag=True, help=_("Do not save the session."))
@click.option("--json", "as_json", is_flag=True, help=_("Print one JSON object when the reply is complete."))
@shared_options
def command(
    text: tuple[str, ...],
    files: tuple[str, ...],
    session: str | None,
    *,
    latest: bool,
    no_save: bool,
    as_json: bool,
    flags: Flags,
) -> int:
    """See the help text."""
    from minicpm_tui.cli.ask_run import Question, run

    return run(Question(text, files, session, latest, no_save), flags, as_json=as_json)

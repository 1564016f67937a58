"""``minicpm-tui rerun``: a saved session's questions, asked again."""

from __future__ import annotations

import click

from minicpm_tui.cli.completing import session_ids
from minicpm_tui.cli.option import option
from minicpm_tui.cli.options import Flags, shared_options
from minicpm_tui.i18n import _


@click.command(
    "rerun",
    help=_("Ask a session's questions again, in order, and compare the answers; saved as a new session."),
)
@click.argument("session", metavar="ID", shell_complete=session_ids)
@option("--keep-history", is_flag=True, help=_("Each question follows the recorded answers, not the new ones."))
@option("--json", "as_json", is_flag=True, help=_("Print JSON."))
@shared_options
def command(session: str, *, keep_history: bool, as_json: bool, flags: Flags) -> int:
    """See the help text."""
    from minicpm_tui.cli.rerun_run import run

    return run(session, flags, keep_history=keep_history, as_json=as_json)

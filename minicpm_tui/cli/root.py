"""``minicpm-tui`` itself: opens the program."""

from __future__ import annotations

import gc

import click

from minicpm_tui import __version__
from minicpm_tui.cli.commands import Commands
from minicpm_tui.cli.completing import session_ids
from minicpm_tui.cli.option import option
from minicpm_tui.cli.options import Flags, shared_options
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=_("Talk with MiniCPM-V about pictures and videos, on your own GPU."),
)
@click.version_option(__version__, prog_name="minicpm-tui", message="%(prog)s %(version)s")
@option(
    "--session",
    metavar="ID",
    shell_complete=session_ids,
    default="",
    help=_("Continue this session (its id, or a unique beginning of it)."),
)
@option("--continue", "resume", is_flag=True, help=_("Continue the latest session."))
@shared_options
@click.pass_context
def root(context: click.Context, session: str, resume: bool, flags: Flags) -> int | None:
    if (command := context.invoked_subcommand) is not None:
        gc.enable()  # see __main__; the program itself does so when it has painted
        if session or resume or flags.given:
            raise UsageError(_("put options after the command: minicpm-tui {command} …").format(command=command))
        return None
    if session and resume:
        raise UsageError(_("--session and --continue cannot be used together"))
    from minicpm_tui.ui.app.run import run
    from minicpm_tui.ui.kit.start_options import Launch

    return run(Launch(flags.config(), demo=flags.demo, session=session, resume=resume))

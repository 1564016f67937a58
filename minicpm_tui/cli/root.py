"""``minicpm-tui`` itself: opens the program."""

from __future__ import annotations

import click

from minicpm_tui import __version__
from minicpm_tui.cli.commands import Commands


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="minicpm-tui", message="%(prog)s %(version)s")
@click.pass_context
def root(context: click.Context) -> int | None:
    """Talk with MiniCPM-V about pictures and videos, on your own GPU."""
    if context.invoked_subcommand is not None:
        return None
    from minicpm_tui.ui.launch import Launch, run

    return run(Launch())

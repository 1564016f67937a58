"""The subcommands: each is a file of its own that is imported when it is used."""

from __future__ import annotations

import importlib

import click

from minicpm_tui.i18n import N_, _

SUMMARIES = {
    "ask": N_("Ask one question; the reply streams to stdout."),
    "batch": N_("Ask the same question about many pictures."),
    "completion": N_("Print a script that makes the shell complete commands."),
    "config": N_("Show the settings and where each comes from."),
    "demo": N_("Run a small stand-in server without a model."),
    "doctor": N_("Check what this machine has: vLLM, GPUs, models, servers."),
    "man": N_("Print the manual page."),
    "replay": N_("Play a saved session with its original timing."),
    "rerun": N_("Ask a session's questions again and compare."),
    "serve": N_("Start vLLM with options that fit."),
    "servers": N_("List, check, stop and explain servers."),
    "sessions": N_("List, search, export and import saved sessions."),
    "take": N_("Attach what is piped in to the message in the running program."),
}


class Commands(click.Group):
    """Subcommands that are imported when they are used, so that ``--version`` and the first paint stay quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, without importing any."""
        return sorted(SUMMARIES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command of the module ``name``, imported now; None where there is none."""
        if name not in SUMMARIES:
            return None
        command = importlib.import_module(f"minicpm_tui.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Written from the summaries: help imports no command."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(text)) for name, text in sorted(SUMMARIES.items())])

"""The subcommands: each is a file of its own that is imported when it is used."""

from __future__ import annotations

import importlib

import click

from minicpm_tui.i18n import N_, _

SUMMARIES = {
    "ask": N_("ask one question; the reply streams to stdout"),
    "batch": N_("ask the same of many pictures"),
    "config": N_("show the settings and where each came from"),
    "demo": N_("run a small stand-in server that has no model"),
    "doctor": N_("say what is here: vLLM, GPUs, models, servers"),
    "replay": N_("play a saved session with its own timing"),
    "rerun": N_("ask a session's questions again and compare"),
    "serve": N_("start vLLM with options that fit"),
    "servers": N_("list, watch, stop and explain servers"),
    "sessions": N_("list, search, export and import saved sessions"),
}


class Commands(click.Group):
    """Subcommands that are imported when they are used, so that ``--version`` and the first paint stay quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(SUMMARIES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in SUMMARIES:
            return None
        command = importlib.import_module(f"minicpm_tui.cli.{name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Written from the summaries: help imports no command."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(text)) for name, text in sorted(SUMMARIES.items())])

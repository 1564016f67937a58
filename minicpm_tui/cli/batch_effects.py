"""Options of ``minicpm-tui batch`` that would be without effect are refused: whoever gave them expects one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

_NEVER_EMPTY = {"offline", "text_column", "id_column", "expect", "option_columns", "group_by"}


def demand_effects(options: Mapping[str, Any]) -> None:
    """Raises UsageError for an option that is given empty, or without the one that it belongs to."""
    for parameter in click.get_current_context().command.params:
        name = parameter.name or ""
        if name in _NEVER_EMPTY and given(name) and not options[name].strip(" ,"):
            raise UsageError(_("{option} is empty").format(option=parameter.opts[-1]), hint=_("give it a value, or leave it out"))
    if options["raw_csv"] and not options["csv_file"]:
        raise UsageError(_("{option} works only with {other}").format(option="--raw-csv", other="--csv"))
    if options["offline"] and options["actors"] and options["ray"] is None:
        raise UsageError(_("{option} works only with {other}").format(option="--actors", other="--ray"))
    if options["offline"] and options["concurrency"] is not None:
        raise UsageError(
            _("--concurrency is for servers: --offline finds it by itself"),
            hint=_("leave it out, or set --engine max_num_seqs=N"),
        )


def given(name: str) -> bool:
    """Whether this parameter of the command stands on the command line."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE

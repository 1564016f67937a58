"""Options of ``minicpm-tui batch`` that would be without effect are refused: whoever gave them expects one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _


def demand_effects(options: Mapping[str, Any]) -> None:
    """Raises UsageError for an option that is given without the one that it belongs to."""
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

"""``minicpm-tui doctor``: what is here, and what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minicpm_tui.cli.option import option
from minicpm_tui.i18n import _

if TYPE_CHECKING:
    from rich.console import Console

    from minicpm_tui.servers.doctor import Problem, Report


@click.command(help=_("Check what this machine has: vLLM, GPUs, models on disk, running servers."))
@option("--json", "as_json", is_flag=True, help=_("Print JSON."))
@option("--strict", is_flag=True, help=_("Exit with status 1 when there is a problem."))
def command(as_json: bool, strict: bool) -> int:
    from dataclasses import replace

    from minicpm_tui import config
    from minicpm_tui.cli.json_print import json_text
    from minicpm_tui.servers import doctor
    from minicpm_tui.ui.terminal.report import report as ask_terminal

    report = doctor.report(config.load().settings)
    report = replace(report, problems=(*report.problems, *_output_problems()))
    terminal = ask_terminal()
    if as_json:
        print(json_text({**report.to_dict(), "terminal": terminal.to_dict() if terminal else None}))
    else:
        _show(report, terminal.line() if terminal else "")
    return 1 if strict and report.problems else 0


def _output_problems() -> list[Problem]:
    from importlib.metadata import version

    from minicpm_tui.servers.doctor import Problem
    from minicpm_tui.ui.terminal.private import missing

    if not (gone := missing()):
        return []
    words = _("Textual {version} lacks {names}: replies are drawn in Textual's own way, which writes more over a slow line")
    return [
        Problem(words.format(version=version("textual"), names=", ".join(gone)), _("nothing else changes; update minicpm-tui"))
    ]


def _show(report: Report, terminal: str) -> None:
    from rich.console import Console

    from minicpm_tui.servers.doctor import python_line

    console = Console(highlight=False, markup=False, soft_wrap=True)
    _section(console, "Python", [python_line()])
    version = (report.vllm.version if report.vllm else "") or _("unknown version")
    vllm = [f"{version}  {report.vllm.path}"] if report.vllm else []
    _section(console, "vLLM", vllm, report.install or "")
    _section(console, _("GPUs"), _gpu_lines(report))
    _section(console, _("Models"), _model_lines(report))
    _section(console, _("Servers"), _server_lines(report))
    if terminal:
        _section(console, _("Terminal"), [terminal])
    if report.problems:
        console.print(_("Problems"), style="bold red")
        for problem in report.problems:
            console.print(f"  {problem.title}" + (f" — {problem.hint}" if problem.hint else ""))
    else:
        console.print(_("Nothing stands in the way."), style="green")


def _section(console: Console, title: str, lines: list[str], hint: str = "") -> None:
    console.print(title, style="bold")
    for line in lines or [_("none")]:
        console.print(f"  {line}")
    if hint:
        console.print(f"  {hint}")


def _gpu_lines(report: Report) -> list[str]:
    from minicpm_tui.text import format_bytes, one_line

    lines = []
    for gpu in report.gpus:
        text = _("{index}  {name}  {used} of {total} used").format(
            index=gpu.index, name=gpu.name, used=format_bytes(gpu.memory_used), total=format_bytes(gpu.memory_total)
        )
        users = ", ".join(f"{process.name or '?'} ({process.pid})" for process in gpu.processes)
        lines.append(one_line(f"{text}  {users}".rstrip(), 300))
    return lines


def _model_lines(report: Report) -> list[str]:
    from minicpm_tui.text import format_bytes

    return [
        f"{model.name}  {model.family.title}  {format_bytes(model.bytes)}  {model.quantization}  {model.path}".replace(
            "    ", "  "
        )
        for model in report.models
    ]


def _server_lines(report: Report) -> list[str]:
    from minicpm_tui.text import one_line

    lines = []
    for server in report.servers:
        model = server.model or server.silent or (_("needs a key") if server.locked else "-")
        ours = _("  started here") if server.ours else ""
        lines.append(one_line(f"{server.url}  {model}", 300) + ours)
    return lines

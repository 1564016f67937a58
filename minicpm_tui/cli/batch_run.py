"""What ``minicpm-tui batch`` does with its options."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import click

from minicpm_tui.access import remember
from minicpm_tui.backends.keys import choose_key
from minicpm_tui.batch.input.piped import place_for_stdin
from minicpm_tui.batch.input.record import Columns
from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.names import is_text
from minicpm_tui.batch.output.comparison import CHOICE, Comparison
from minicpm_tui.batch.output.schema import Schema
from minicpm_tui.batch.output.summary import Summary
from minicpm_tui.batch.progress import PLAIN_SECONDS, say, stderr_console
from minicpm_tui.batch.run.job import Job
from minicpm_tui.batch.run.start import Run
from minicpm_tui.batch.servers.start import through_servers
from minicpm_tui.batch.servers.target import Address
from minicpm_tui.batch.vllm.options import read_chosen
from minicpm_tui.batch.vllm.start import Offline, through_vllm
from minicpm_tui.chat.connect import at, choose
from minicpm_tui.cli.ask_input import STDIN, copy_stdin
from minicpm_tui.cli.batch_effects import demand_effects, given
from minicpm_tui.cli.options import Flags
from minicpm_tui.config import Config
from minicpm_tui.errors import UsageError
from minicpm_tui.files import whole_path
from minicpm_tui.i18n import _
from minicpm_tui.messages import RequestOptions
from minicpm_tui.paths import expanded
from minicpm_tui.sampling import SAMPLING

_BODY_FIELDS = ("model", *SAMPLING)


def run(options: Mapping[str, Any], flags: Flags) -> int:
    """Run the batch; the exit status: 0 all answered, 1 some failed, 130 interrupted, 143 ended by SIGTERM.

    Raises MinicpmTuiError.
    """
    _demand_texts()
    demand_effects(options)
    with piped_in(options["inputs"]) as inputs:
        return _run_of({**options, "inputs": inputs, "output": whole_path(options["output"])}, flags)


def _run_of(options: Mapping[str, Any], flags: Flags) -> int:
    config = flags.config()
    settings = config.settings
    wanted = Run(
        job=_job(options, config),
        options=RequestOptions(
            model=settings.model,
            system=settings.system,
            thinking=settings.thinking,
            **{name: getattr(settings, name) for name in SAMPLING},
        ),
        console=stderr_console(),
        progress_seconds=PLAIN_SECONDS if options["progress_seconds"] is None else options["progress_seconds"],
        overrides={name: flags.values[name] for name in _BODY_FIELDS if flags.values[name] is not None},
    )
    try:
        summary = asyncio.run(_ended_in_order(_run(wanted, options, flags, config)))
    except (KeyboardInterrupt, asyncio.CancelledError) as end:
        say(wanted.console, _("stopped: the answers so far are in {path}; --resume continues").format(path=options["output"]))
        return 130 if isinstance(end, KeyboardInterrupt) else 128 + signal.SIGTERM
    for line in summary.lines():
        say(wanted.console, line)
    for line in summary.accuracy():
        click.echo(line)
    return 1 if summary.failed or summary.missed or summary.untabled else 0


async def _ended_in_order(run: Coroutine[Any, Any, Summary]) -> Summary:
    """``run``, cancelled by the first SIGTERM; a second one ends the program at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def end() -> None:
        loop.remove_signal_handler(signal.SIGTERM)
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, end)
    return await run


async def _run(wanted: Run, options: Mapping[str, Any], flags: Flags, config: Config) -> Summary:
    if options["offline"]:
        if flags.urls or flags.demo:
            raise UsageError(_("--offline uses no server: remove --url and --demo"))
        if options["ray"] is not None and options["workers"]:
            raise UsageError(_("--workers are for one machine without Ray: --actors says how many engines Ray runs"))
        offline = Offline(
            options["offline"],
            config.settings.vllm_command,
            read_chosen(options["engine"]),
            workers=options["workers"] or 0,
            ray=options["ray"],
            actors=options["actors"] or 0,
        )
        return await through_vllm(wanted, offline)
    for name in ("engine", "workers", "ray", "actors"):
        if options[name] not in (None, ()):
            raise UsageError(_("--{name} works only with --offline").format(name=name))
    async with _servers(flags, config) as addresses:
        return await through_servers(
            wanted, addresses, concurrency=options["concurrency"], patience=config.settings.stall_seconds
        )


@contextmanager
def piped_in(inputs: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """``inputs`` with what comes on stdin as a file in the place of ``-``: it is read more than once. Raises UsageError."""
    if inputs.count(STDIN) > 1:
        raise UsageError(_("stdin can be used once"))
    if STDIN not in inputs:
        yield tuple(inputs)
        return
    if sys.stdin.isatty():
        raise UsageError(_("stdin is a terminal"), hint=_("pipe a list of files in: find … | minicpm-tui batch -"))
    with place_for_stdin() as path:
        copy_stdin(path, _("pipe a list of files in: find … | minicpm-tui batch -"))
        try:
            yield tuple(str(path) if name == STDIN else name for name in inputs)
        except UsageError as error:  # our copy is nothing to look for
            raise type(error)(error.message.replace(str(path), "stdin"), hint=error.hint, title=error.title) from error


def _demand_texts() -> None:
    """Raises UsageError for a prompt without words, stdout as the output, and an option that must be text and is no UTF-8."""
    context = click.get_current_context()
    if any(not prompt.strip() for prompt in context.params["prompts"]):
        raise UsageError(
            _("--prompt is empty"), hint=_("say what is to be asked, or leave it out where each line has its question")
        )
    for name in ("output", "csv_file"):
        if str(context.params[name]) == STDIN:
            raise UsageError(_("the answers go to a file, not to stdout"), hint=_("choose a file"))
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        texts = value if isinstance(value, tuple) else (value,)
        if isinstance(parameter, click.Option) and any(isinstance(text, str) and not is_text(text) for text in texts):
            raise UsageError(
                _("{option} is not UTF-8").format(option=parameter.opts[-1]), hint=_("look at the locale of this terminal")
            )


def _job(options: Mapping[str, Any], config: Config) -> Job:
    columns = Columns(options["file_columns"], options["text_column"], options["id_column"])
    return Job(
        plan=Plan(options["inputs"], options["prompts"], columns),
        output=options["output"],
        csv=whole_path(options["csv_file"]) if options["csv_file"] else None,
        raw_csv=options["raw_csv"],
        resume=options["resume"],
        overwrite=options["overwrite"],
        sidecar=options["sidecar"],
        skip_existing=options["skip_existing"],
        around=_around(options),
        schema=Schema.read(options["schema_file"]) if options["schema_file"] else None,
        comparison=_comparison(options),
        arguments=_arguments(),
        named=click.get_current_context().params["inputs"],
        reads=tuple(_read_besides(options, config)),
    )


def _read_besides(options: Mapping[str, Any], config: Config) -> Iterator[Path]:
    """The files beside the input that the run reads."""
    yield config.path
    if options["schema_file"]:
        yield options["schema_file"]
    settings = config.settings
    own = [settings.cacert, settings.client_cert]
    own += [name for server in settings.servers for name in (server.cacert, server.client_cert)]
    yield from (expanded(name) for name in own if name)


def _around(options: Mapping[str, Any]) -> tuple[str, str]:
    """What --prefix and --suffix say. Raises UsageError where there is nothing to put them around."""
    around = (options["prefix"], options["suffix"])
    if any(around) and options["sidecar"] not in {"txt", "caption"}:
        raise UsageError(_("--prefix and --suffix work only with --sidecar txt or caption"))
    return around


def _comparison(options: Mapping[str, Any]) -> Comparison | None:
    """What --expect and its companions say. Raises UsageError for companions without it."""
    named = tuple(name.strip() for name in options["option_columns"].split(",") if name.strip())
    if named and options["match"] != CHOICE:
        raise UsageError(_("--options works only with --match choice"))
    if options["expect"]:
        return Comparison(options["expect"], options["match"], named, options["group_by"])
    if options["group_by"] or given("match"):
        raise UsageError(_("--match and --group-by work only with --expect"))
    return None


@asynccontextmanager
async def _servers(flags: Flags, config: Config) -> AsyncIterator[list[Address]]:
    """The servers named, a demo server, else the one that the settings and this machine point at."""
    if not flags.demo:
        yield await asyncio.to_thread(_named, flags.urls, config)
        return
    from minicpm_tui.demo.spawn import launch

    process = await asyncio.to_thread(launch)
    try:
        yield [Address(process.url, process.key)]
    finally:
        await asyncio.to_thread(process.stop)


def _named(urls: tuple[str, ...], config: Config) -> list[Address]:
    targets = [at(url) for url in urls] or [choose(config)]
    for target in targets:
        remember(target.url, config.settings, os.environ)
    return [
        Address(target.url, choose_key(target.url, config.settings, os.environ, own_key=target.key), target.server)
        for target in targets
    ]


def _arguments() -> tuple[str, ...]:
    """The command line again, without what says how to treat an output that is there."""
    context = click.get_current_context()
    words: list[str] = []
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if isinstance(parameter, click.Argument) or value in (None, (), parameter.get_default(context)):
            continue
        if parameter.name in {"resume", "overwrite", "progress_seconds"} or not isinstance(parameter, click.Option):
            continue
        if parameter.is_bool_flag:
            words.append((parameter.opts if value else parameter.secondary_opts)[0])
        else:
            words += [f"{parameter.opts[-1]}={each}" for each in (value if parameter.multiple else (value,))]
    return (*words, "--", *context.params["inputs"])

"""``minicpm-tui serve``: start vLLM with options that fit, show how it comes up, explain why it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from minicpm_tui.cli.completing import models, presets
from minicpm_tui.cli.option import option
from minicpm_tui.i18n import _

if TYPE_CHECKING:
    from minicpm_tui.servers.plan import Plan


class ServeCommand(click.Command):
    """Takes vLLM's own options too, and hands what follows ``--`` to vLLM untouched."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what follows ``--`` apart, for vLLM alone."""
        extra: list[str] = []
        if "--" in args:
            at = args.index("--")
            args, extra = args[:at], args[at + 1 :]
        ctx.meta["extra"] = tuple(extra)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help's options, then the presets and vLLM's own options."""
        super().format_options(ctx, formatter)
        from minicpm_tui.servers.options import OPTIONS
        from minicpm_tui.servers.presets import BUILT_IN

        with formatter.section(_("Presets")):
            formatter.write_dl([(name, _(text)) for name, text in BUILT_IN.items()])
        with formatter.section(_("vLLM's own options")):
            known = [(f"--{option.name}", _(option.meaning)) for option in OPTIONS.values() if not option.env]
            formatter.write_dl(known)


@click.command(
    cls=ServeCommand,
    context_settings={"ignore_unknown_options": True, "help_option_names": ["-h", "--help"]},
    help=_("Start vLLM with MODEL, a folder or a hub id. Everything after -- is passed to vLLM unchanged."),
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, shell_complete=models, metavar="[MODEL] [VLLM OPTIONS] [-- EXTRA]")
@option("--preset", default="pictures", metavar="NAME", shell_complete=presets, help=_("Set of options to start from."))
@option("--gpus", nothing=" ,", default="", metavar="0,1", help=_("Indices or UUIDs of the GPUs to use."))
@option("--print", "show", is_flag=True, help=_("Print the command without starting it."))
@option("--check", is_flag=True, help=_("Estimate whether it fits, without starting it."))
@option("--detach", is_flag=True, help=_("Return when the server is ready, and keep it running."))
@option("--no-wait", is_flag=True, help=_("With --detach: return immediately."))
@option("--json", "as_json", is_flag=True, help=_("Print JSON."))
@click.pass_context
def command(context: click.Context, /, words: tuple[str, ...], **flags: Any) -> int:
    from minicpm_tui import config
    from minicpm_tui.cli import serve_run
    from minicpm_tui.errors import UsageError
    from minicpm_tui.servers import discovery, plan
    from minicpm_tui.servers.form import Form, parse_arguments

    rest, options = parse_arguments(words)
    if len(rest) > 1:
        raise UsageError(" ".join(rest[1:]), hint=_("one model at a time; options begin with --"))
    gpus = tuple(part.strip() for part in flags["gpus"].split(",") if part.strip())
    form = Form(rest[0] if rest else "", options, gpus, context.meta["extra"], flags["preset"])
    settings = config.load().settings
    starts = not (flags["show"] or flags["check"])
    vllm = discovery.require(settings.vllm_command) if starts else discovery.find(settings.vllm_command)
    prepared = plan.prepare(form, vllm)
    if flags["show"]:
        return _print(prepared, as_json=flags["as_json"])
    if flags["check"]:
        serve_run.say_notes(prepared)
        return serve_run.check(prepared, as_json=flags["as_json"])
    prepared.require_files()
    serve_run.say_notes(prepared)
    serve_run.say_doubt(prepared)
    if flags["detach"]:
        return serve_run.detach(prepared, wait=not flags["no_wait"], warm=settings.warm_up, as_json=flags["as_json"])
    return serve_run.foreground(prepared, warm=settings.warm_up, as_json=flags["as_json"])


def _print(prepared: Plan, *, as_json: bool) -> int:
    import json

    from minicpm_tui.cli import serve_run

    serve_run.say_notes(prepared)
    if prepared.incomplete is not None:
        serve_run.say_error(prepared.incomplete)
    print(json.dumps(prepared.command.to_dict(), ensure_ascii=False) if as_json else prepared.command.shell())
    return 0

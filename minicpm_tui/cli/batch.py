"""``minicpm-tui batch``: ask the same of many pictures, through servers or through vLLM itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from minicpm_tui.cli.completing import files, models
from minicpm_tui.cli.option import option
from minicpm_tui.cli.options import shared_options_many_urls
from minicpm_tui.i18n import _


class Concurrency(click.ParamType[int | None]):
    """A number, or ``auto``: None."""

    name = "concurrency"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What the help shows for the value."""
        return "N|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """The number of requests; None for ``auto``."""
        if value in (None, "auto"):
            return None
        if isinstance(value, int) or (value.isdigit() and 0 < int(value) <= 4096):
            return int(value)
        raise click.BadParameter(_("“{value}” is neither auto nor a number from 1 to 4096").format(value=value), ctx, param)


@click.command(
    "batch",
    help=_(
        "Ask about every INPUT: folders of pictures and videos, globs, files, lists of paths (- is stdin), tables, JSON, "
        "tars.\n\n"
        "Answers are written to OUT.jsonl as they arrive. JSON Lines have our own form ({form}), OpenAI's batch format, "
        "or that of fine-tuning sets; tables may be VLMEvalKit's. Parquet and Hugging Face datasets need the extra parquet."
    ).format(form='{"id", "text", "files"}'),
)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, shell_complete=files)
@option(
    "--prompt",
    "prompts",
    may_be_empty=True,
    multiple=True,
    metavar="TEXT",
    help=_(
        "Question; {fields} and column names are filled in, {caption} from a .txt or .caption file beside. Repeatable."
    ).format(fields="{name} {stem} {path}", caption="{caption}"),
)
@option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT.jsonl", help=_("File to write the answers to.")
)
@option(
    "--offline",
    metavar="MODEL",
    shell_complete=models,
    help=_("Run vLLM itself, without a server, with this model (folder or hub id)."),
)
@option(
    "--engine",
    multiple=True,
    metavar="NAME=VALUE",
    help=_("Argument of vllm.LLM for --offline; repeatable."),
)
@option(
    "--workers",
    type=click.IntRange(min=1, max=64),
    metavar="N",
    help=_("With --offline: vLLM processes, spread over the GPUs; default: one on each that has room."),
)
@option(
    "--ray",
    may_be_empty=True,
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[ADDRESS]",
    help=_("With --offline: run on the Ray cluster at this address, or auto; without an address, one is started here."),
)
@option(
    "--actors",
    type=click.IntRange(min=1),
    metavar="N",
    help=_("Number of engines on Ray; default: one for each GPU or tensor-parallel group."),
)
@option("--resume", is_flag=True, help=_("Continue an existing output; failed requests are retried."))
@option("--overwrite", is_flag=True, help=_("Replace an existing output, and sidecars, also those written by hand."))
@option("--concurrency", type=Concurrency(), default="auto", help=_("Number of requests at once; auto keeps the servers busy."))
@option(
    "--file-column",
    "file_columns",
    may_be_empty=True,
    multiple=True,
    metavar="NAME",
    help=_("Column that holds a file; several columns make one request."),
)
@option("--text-column", default="", metavar="NAME", help=_("Column that holds the question."))
@option("--id-column", default="", metavar="NAME", help=_("Column that holds the id."))
@option(
    "--schema",
    "schema_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=_("Ask for JSON that follows this JSON schema, and check it."),
)
@option(
    "--sidecar", type=click.Choice(["txt", "caption", "json"]), help=_("Also write each answer to a file beside its picture.")
)
@option(
    "--prefix",
    may_be_empty=True,
    default="",
    metavar="TEXT",
    help=_("Text before each sidecar's, such as a trigger word: “sks cat, ”."),
)
@option("--suffix", may_be_empty=True, default="", metavar="TEXT", help=_("Text after each sidecar's."))
@option("--skip-existing", is_flag=True, help=_("Leave out pictures that have a --sidecar already."))
@option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=_("Also write all answers to a CSV table at the end, for spreadsheets."),
)
@option("--raw-csv", is_flag=True, help=_("Write the cells of --csv as they are, for programs."))
@option("--expect", default="", metavar="COLUMN", help=_("Compare each answer with this column and print the accuracy."))
@option(
    "--match",
    type=click.Choice(["exact", "contains", "regex", "numeric", "choice"]),
    default="exact",
    show_default=True,
    help=_("How --expect compares; contains looks for whole words, choice reads the letter or the words of an option."),
)
@option(
    "--options",
    "option_columns",
    nothing=" ,",
    default="",
    metavar="A,B,C,D",
    help=_("Columns of the options for --match choice; default: those named A, B, C and so on."),
)
@option("--group-by", default="", metavar="COLUMN", help=_("Also print the accuracy for each value of this column."))
@option("--progress-seconds", type=click.FloatRange(min=0), hidden=True)
@shared_options_many_urls
def command(**options: Any) -> int:
    """See the help text."""
    from minicpm_tui.cli.batch_run import run

    return run(options, options.pop("flags"))

"""``minicpm-tui sessions export``: a session in another format, or many as training data."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from minicpm_tui.cli.completing import session_ids
from minicpm_tui.cli.option import option
from minicpm_tui.cli.warn import warn
from minicpm_tui.i18n import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from minicpm_tui.sessions.export.options import Options
    from minicpm_tui.sessions.journal import Journal

FINETUNE = "finetune"


@click.command(
    "export",
    help=_(
        "Export a session in another format, to stdout or a file.\n\n"
        "--format finetune writes training data of many sessions into a folder: those named, found by --search, or of the days "
        "from --since to --until."
    ),
)
@click.argument("sessions", metavar="ID...", nargs=-1, shell_complete=session_ids)
@option("--format", "name", help=_("md, html, json, jsonl, cast, tar.gz or finetune; default: by the file name."))
@option("-o", "--output", type=click.Path(path_type=Path), help=_("File to write (finetune: folder); - is stdout."))
@option("--overwrite", is_flag=True, help=_("Replace an existing file."))
@option("--cast-version", type=click.IntRange(2, 3), default=2, show_default=True, help=_("Version of asciicast."))
@option("--with-paths", is_flag=True, help=_("Keep where files lay and the server's address (jsonl, tar.gz)."))
@option("--search", default="", metavar="TEXT", help=_("finetune: sessions in which this is found."))
@option("--since", type=click.DateTime(["%Y-%m-%d"]), help=_("finetune: sessions begun on this day (UTC) or later."))
@option("--until", type=click.DateTime(["%Y-%m-%d"]), help=_("finetune: sessions begun on this day (UTC) or earlier."))
def export(
    sessions: tuple[str, ...],
    name: str | None,
    output: Path | None,
    overwrite: bool,
    cast_version: Literal[2, 3],
    with_paths: bool,
    search: str,
    since: datetime | None,
    until: datetime | None,
) -> int:
    from minicpm_tui.errors import StorageError, UsageError
    from minicpm_tui.files import whole_path
    from minicpm_tui.sessions.export import format_of
    from minicpm_tui.sessions.export.options import Options

    output = whole_path(output) if output and str(output) != "-" else None  # -: stdout
    if output and not output.parent.is_dir():
        raise StorageError(str(output.parent), title=_("No such folder"), hint=_("make it first, or choose another one"))
    if name == FINETUNE:
        if output is None:
            raise UsageError(name, title=_("This format needs a folder to write to"), hint=_("give one with -o"))
        return _train(_named(sessions, search, since, until), output, overwrite=overwrite)
    if search or since or until:
        raise UsageError(_("--search, --since and --until work only with --format finetune"))
    if len(sessions) != 1:
        raise UsageError(_("which session?"), hint=_("name one; several can go into --format finetune"))
    chosen = name or (format_of(output) if output else None)
    if chosen is None:
        raise UsageError(_("which format?"), hint=_("use --format md, html, json, jsonl, cast or tar.gz"))
    return _one(sessions[0], chosen, output, Options(cast_version, with_paths), overwrite=overwrite)


def _one(session: str, name: str, output: Path | None, options: Options, *, overwrite: bool) -> int:
    from minicpm_tui.sessions.care import missing
    from minicpm_tui.sessions.export import PRIVATE
    from minicpm_tui.sessions.export import export as export_session
    from minicpm_tui.sessions.journal import Journal

    with Journal.open(session, read_only=True) as journal:
        export_session(journal, name, output, options, overwrite=overwrite, out=sys.stdout.buffer)
        sys.stdout.buffer.flush()
        lost = missing(journal)
    for line in lost:
        warn(line)
    if name in PRIVATE and not options.with_paths:
        warn(_("left out: where files lay and the server's address; --with-paths keeps them"))
    if output is not None:
        print(_("exported to {path}").format(path=output), file=sys.stderr)
    return 0


def _named(sessions: tuple[str, ...], search: str, since: datetime | None, until: datetime | None) -> list[str]:
    """The ids that are meant, oldest first. Raises UsageError where nothing says which."""
    from minicpm_tui.cli.sessions_output import read_library
    from minicpm_tui.errors import UsageError
    from minicpm_tui.sessions.ids import moment_of
    from minicpm_tui.sessions.library import Library

    if not (sessions or search or since or until):
        raise UsageError(_("which sessions?"), hint=_("name them, or use --search, --since and --until"))
    if sessions:
        return list(sessions)
    if search:
        found = read_library(lambda library: [hit.session for hit in library.search(search, -1)])
    else:
        with Library() as library:
            found = list(library.rows())
    first, last = (day.replace(tzinfo=UTC).date() if day else None for day in (since, until))
    begun = [(moment.date(), each.id) for each in found if (moment := moment_of(each.created))]
    return sorted(name for day, name in begun if (first is None or day >= first) and (last is None or day <= last))


def _train(names: Sequence[str], folder: Path, *, overwrite: bool) -> int:
    """Write the training data and say how much it is, and what is not in it; 1 when it is nothing."""
    from minicpm_tui.sessions.training import write

    written = write(_opened(names), folder, overwrite=overwrite)
    turns = ngettext("{count} turn", "{count} turns", written.turns).format(count=written.turns)
    of = ngettext("{count} session", "{count} sessions", written.sessions).format(count=written.sessions)
    print(_("exported to {path}").format(path=folder) + f" · {turns} · {of}", file=sys.stderr)
    if written.unfinished:
        text = ngettext("left out: {count} turn without a whole answer", "left out: {count} turns without a whole answer",
                        written.unfinished)  # fmt: skip
        warn(text.format(count=written.unfinished))
    if written.lost:
        text = ngettext("left out: {count} turn without its pictures", "left out: {count} turns without their pictures",
                        written.lost)  # fmt: skip
        warn(text.format(count=written.lost))
    return 0 if written.turns else 1


def _opened(names: Sequence[str]) -> Iterator[Journal]:
    from minicpm_tui.sessions.journal import Journal

    for name in names:
        with Journal.open(name, read_only=True) as journal:
            yield journal

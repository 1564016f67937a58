"""``minicpm-tui sessions``: the saved conversations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from minicpm_tui.cli.completing import session_ids, trashed_ids
from minicpm_tui.cli.option import option
from minicpm_tui.cli.sessions_export import export
from minicpm_tui.cli.warn import warn
from minicpm_tui.i18n import _

if TYPE_CHECKING:
    from minicpm_tui.sessions.library import Library

AS_JSON = "as_json"


def _json_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return option("--json", AS_JSON, is_flag=True, help=_("Print JSON."))(function)


@click.group(invoke_without_command=True, help=_("Manage saved sessions; without a command, list them."))
@_json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> int | None:
    context.obj = as_json
    if context.invoked_subcommand is None:
        return _list(as_json=as_json, limit=-1, trash=False)
    return None


@command.command("list", help=_("List the sessions, newest first."))
@option("--limit", type=click.IntRange(min=1), default=None, help=_("Show at most this many."))
@option("--trash", is_flag=True, help=_("List the deleted sessions."))
@_json_option
@click.pass_obj
def list_(all_json: bool, limit: int | None, trash: bool, as_json: bool) -> int:
    return _list(as_json=as_json or all_json, limit=limit or -1, trash=trash)


@command.command("search", help=_("Search the titles and texts of sessions; a single Chinese character is enough."))
@click.argument("text", nargs=-1, required=True)
@option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help=_("Show at most this many."))
@_json_option
@click.pass_obj
def search(all_json: bool, text: tuple[str, ...], limit: int, as_json: bool) -> int:
    from minicpm_tui.cli.json_print import print_json
    from minicpm_tui.cli.sessions_output import print_hits, read_library

    hits = read_library(lambda library: library.search(" ".join(text), limit))
    if as_json or all_json:
        print_json([hit.contract() for hit in hits])
    else:
        print_hits(hits)
    return 0


@command.command("show", help=_("Print a session."))
@click.argument("session", metavar="ID", shell_complete=session_ids)
@_json_option
@click.pass_obj
def show(all_json: bool, session: str, as_json: bool) -> int:
    from minicpm_tui.cli.json_print import print_json
    from minicpm_tui.cli.sessions_output import print_session, session_object
    from minicpm_tui.sessions.journal import Journal

    with Journal.open(session, read_only=True) as journal:
        if as_json or all_json:
            print_json(session_object(journal))
        else:
            print_session(journal)
    return 0


@command.command("rename", help=_("Give a session a title; without TITLE, its first words become the title again."))
@click.argument("session", metavar="ID", shell_complete=session_ids)
@click.argument("title", nargs=-1)
def rename(session: str, title: tuple[str, ...]) -> int:
    from minicpm_tui.sessions.library import Library

    with Library() as library:
        library.rename(session, " ".join(title))
    return 0


@command.command("delete", help=_("Move sessions to the trash."))
@click.argument("sessions", metavar="ID...", nargs=-1, required=True, shell_complete=session_ids)
@_json_option
@click.pass_obj
def delete(all_json: bool, sessions: tuple[str, ...], as_json: bool) -> int:
    from minicpm_tui.sessions.library import Library

    return _each(sessions, Library.delete, as_json=as_json or all_json)


@command.command("restore", help=_("Restore sessions from the trash."))
@click.argument("sessions", metavar="ID...", nargs=-1, required=True, shell_complete=trashed_ids)
@_json_option
@click.pass_obj
def restore(all_json: bool, sessions: tuple[str, ...], as_json: bool) -> int:
    from minicpm_tui.sessions.library import Library

    return _each(sessions, Library.restore, as_json=as_json or all_json)


@command.command("check", help=_("Read a session (or all) and verify every digest; exit status 1 when something is wrong."))
@click.argument("session", metavar="[ID]", required=False, shell_complete=session_ids)
@_json_option
@click.pass_obj
def check(all_json: bool, session: str | None, as_json: bool) -> int:
    import msgspec

    from minicpm_tui import paths
    from minicpm_tui.cli.json_print import print_json
    from minicpm_tui.cli.sessions_output import print_checks
    from minicpm_tui.sessions import care, ids

    folder = paths.sessions_dir()
    folders = [ids.find(session)] if session else sorted(each for each in folder.glob("[!.]*") if ids.is_session(each))
    checks = [care.check(each) for each in folders]
    if as_json or all_json:
        print_json([msgspec.to_builtins(each) for each in checks])
    else:
        print_checks(checks)
    return 0 if all(each.ok for each in checks) else 1


command.add_command(export)


@command.command(
    "import",
    help=_(
        "Import an exported session (tar.gz, jsonl, json), a session's folder, or the conversations of open-webui, ChatGPT, "
        "LibreChat, LM Studio, llm (logs.db) or oterm (store.db); prints the ids."
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@_json_option
@click.pass_obj
def import_(all_json: bool, file: Path, as_json: bool) -> int:
    from minicpm_tui.cli.json_print import print_json
    from minicpm_tui.sessions.importer import import_sessions

    found = import_sessions(file, say=warn)
    if as_json or all_json:
        print_json({"id": found[0], "ids": found})
    else:
        print("\n".join(found))
    return 0


def _list(*, as_json: bool, limit: int, trash: bool) -> int:
    from itertools import islice

    from minicpm_tui.cli.json_print import print_json
    from minicpm_tui.cli.sessions_output import print_list
    from minicpm_tui.sessions.library import Library

    with Library() as library:
        found = iter(library.trash()) if trash else library.rows()
        shown = islice(found, limit if limit >= 0 else None)
        if as_json:
            print_json([info.contract() for info in shown])
        else:
            print_list(shown)
    return 0


def _each(sessions: tuple[str, ...], work: Callable[[Library, str], str], *, as_json: bool) -> int:
    """Do ``work`` with each, also when one fails; the ids of those that are done on stdout."""
    from minicpm_tui.cli.json_print import print_json
    from minicpm_tui.errors import MinicpmTuiError
    from minicpm_tui.sessions.library import Library

    done = []
    with Library() as library:
        for name in sessions:
            try:
                done.append(work(library, name))
            except MinicpmTuiError as error:
                warn(error)
    if as_json:
        print_json([{"id": name} for name in done])
    else:
        print("".join(f"{name}\n" for name in done), end="")
    return 0 if len(done) == len(sessions) else 1

"""``minicpm-tui servers``: list, watch, stop and explain local servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from minicpm_tui.cli.completing import files, server_ids
from minicpm_tui.cli.option import option
from minicpm_tui.cli.warn import warn
from minicpm_tui.i18n import _

if TYPE_CHECKING:
    from minicpm_tui.servers.local import LocalServer

_JSON = option("--json", "as_json", is_flag=True, help=_("Print JSON."))


@click.group(invoke_without_command=True, help=_("Manage the servers that this program started."))
@_JSON
@click.pass_context
def command(context: click.Context, as_json: bool) -> int | None:
    context.obj = as_json
    return _list(as_json) if context.invoked_subcommand is None else None


@command.command("list", help=_("List all your servers on this machine."))
@_JSON
@click.pass_obj
def list_(everywhere: bool, as_json: bool) -> int:
    return _list(as_json or everywhere)


def _list(as_json: bool) -> int:
    import time

    from minicpm_tui.cli.json_print import json_text
    from minicpm_tui.servers import endpoints, registry
    from minicpm_tui.servers.local import STATE_TITLES
    from minicpm_tui.text import format_duration, one_line

    found = registry.servers()
    if as_json:
        print(json_text([_fields(server) for server in found]))
        return 0
    if not found:
        warn(_("no server is running; minicpm-tui serve starts one"))
    for server in found:
        since = format_duration(time.time() - server.started) if server.live else ""
        print(one_line(f"{server.id}  {_(STATE_TITLES[server.state])}  {since}  {server.url}  {server.model}"))
        if server.state == "ready":
            print(_("    from another machine: {line}").format(line=endpoints.tunnel(server)))
    return 0


def _fields(server: LocalServer) -> dict[str, object]:
    return {
        "id": server.id,
        "pid": server.pid,
        "url": server.url,
        "model": server.model,
        "state": server.state,
        "started": server.started_text,
        "log": str(server.log),
    }


@command.command(help=_("Show what a server is doing now; exit status 1 when it does not answer."))
@click.argument("server_id", metavar="ID", default="", shell_complete=server_ids)
@_JSON
@click.pass_obj
def status(everywhere: bool, server_id: str, as_json: bool) -> int:
    from minicpm_tui.cli.json_print import json_text
    from minicpm_tui.servers import live

    found = live.status(_one(server_id))
    if as_json or everywhere:
        print(json_text(found.to_dict()))
    else:
        for name, text in found.lines():
            print(f"{name}: {text}")
    return 0 if found.answers else 1


@command.command(help=_("Stop a server and all its processes."))
@click.argument("server_id", metavar="ID", default="", shell_complete=server_ids)
@_JSON
@click.pass_obj
def stop(everywhere: bool, server_id: str, as_json: bool) -> int:
    from minicpm_tui.cli.json_print import json_text
    from minicpm_tui.servers import launch

    server = launch.stop(_one(server_id).id)
    if as_json or everywhere:
        print(json_text(_fields(server)))
    else:
        print(_("{id} has stopped").format(id=server.id))
    return 0


@command.command(help=_("Show a server's log; -f follows it until the server ends."))
@click.argument("server_id", metavar="ID", default="", shell_complete=server_ids)
@option("-f", "--follow", is_flag=True, help=_("Keep showing new lines."))
def logs(server_id: str, follow: bool) -> int:
    from minicpm_tui.errors import ServerNotFound
    from minicpm_tui.servers import logfiles, processes, registry
    from minicpm_tui.servers.loglines import LineSplitter
    from minicpm_tui.text import printable

    try:
        record = registry.find_record(_one(server_id).id)
        path, pid, start = Path(record.log), record.pid, record.start_ticks
    except ServerNotFound:
        path, pid, start = logfiles.path_for(server_id), 0, 0
        if not server_id or not path.is_file():
            raise
    splitter = LineSplitter()
    over = not follow
    with path.open("rb") as file, processes.DeathWatch(pid, start) as death:
        while True:
            if data := file.read(1 << 16):
                for line in splitter.feed(data):
                    if not line.bar:
                        print(printable(line.text), flush=follow)
            elif over:
                break
            else:
                over = death.wait(0.2)
    for line in splitter.finish():
        print(printable(line.text))
    return 0


@command.command(help=_("Explain why a server failed: its id, the LOGFILE of any vLLM, or - for stdin."))
@click.argument("log", metavar="LOGFILE|-", shell_complete=files)
@_JSON
@click.pass_obj
def explain(everywhere: bool, log: str, as_json: bool) -> int:
    from minicpm_tui.cli.json_print import json_text
    from minicpm_tui.servers.explain import explain as read

    explanation = read(_chunks(log))
    if as_json or everywhere:
        print(json_text(explanation.to_dict()))
        return 0
    from minicpm_tui.cli import servers_explain

    servers_explain.show(explanation)
    return 0


def _chunks(log: str) -> list[bytes]:
    import sys

    from minicpm_tui.errors import UsageError
    from minicpm_tui.paths import expanded
    from minicpm_tui.servers import explain, logfiles

    if log == "-":
        return [sys.stdin.buffer.read()]
    path = expanded(log)
    if not path.exists() and logfiles.path_for(log).exists():
        path = logfiles.path_for(log)
    try:
        return list(explain.read_chunks(path))
    except OSError as error:
        raise UsageError(f"{log}: {error.strerror}", hint=_("give a log file, the id of a server, or - for stdin")) from error


def _one(server_id: str) -> LocalServer:
    """The named server, or the only one. Raises ServerNotFound."""
    from minicpm_tui.errors import ServerNotFound
    from minicpm_tui.servers import registry

    if server_id:
        return registry.find(server_id)
    found = registry.servers()
    live = [server for server in found if server.live] or found
    if len(live) == 1:
        return live[0]
    raise ServerNotFound(
        _("give its id"), hint=_("available: {ids}").format(ids=", ".join(server.id for server in live) or _("none"))
    )

"""What ``serve`` does: check, start, show the stages on stderr, wait, stop."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from minicpm_tui.cli.json_print import json_text
from minicpm_tui.cli.warn import warn
from minicpm_tui.errors import ServerError
from minicpm_tui.i18n import _
from minicpm_tui.servers import endpoints, launch, survival
from minicpm_tui.servers.local import OVER, STATE_TITLES, LocalServer
from minicpm_tui.servers.plan import Plan
from minicpm_tui.servers.stages import TITLES
from minicpm_tui.servers.warmup import WarmUp
from minicpm_tui.servers.watch import Update, Watcher, last_time, said_last_time
from minicpm_tui.text import format_bytes, format_duration, one_line

_FIRST_LOOK = 0.5
_STAY_SECONDS = 0.5
_WARM_SECONDS = 0.1


def check(plan: Plan, *, as_json: bool) -> int:
    """``--check``: 0 when it fits, 1 when it does not or nothing can be said."""
    plan.require_files()
    found = plan.estimate()
    if as_json:
        print(json_text(found.to_dict()))
        return 0 if found.fits else 1
    print(found.message + (_(" (rough: this model keeps more than a KV cache)") if found.rough else ""))
    print(_("weights {bytes}").format(bytes=format_bytes(found.weights_bytes)))
    if found.kv_bytes is not None:
        text = _("KV cache {bytes}, {tokens} tokens at {each} bytes each")
        print(text.format(bytes=format_bytes(found.kv_bytes), tokens=found.kv_tokens, each=found.kv_bytes_per_token))
    for remedy in found.remedies:
        print(_("try: {remedy}").format(remedy=remedy.label))
    return 0 if found.fits else 1


def say_notes(plan: Plan) -> None:
    """What the user should know before it starts."""
    for note in plan.notes:
        warn(note)


def say_error(error: ServerError) -> None:
    """An error that is no reason to stop, as one line."""
    warn(f"{error.title}: {error.message} — {error.hint}")


def say_doubt(plan: Plan) -> None:
    """When the estimate says that it will not fit, that is worth a line before the minutes of loading."""
    try:
        found = plan.estimate()
    except ServerError:
        return
    if found.fits is False:
        warn(_("this will probably fail: {reason}").format(reason=found.message))
        for remedy in found.remedies:
            warn(_("try: {remedy}").format(remedy=remedy.label))


def detach(plan: Plan, *, wait: bool, warm: bool, as_json: bool) -> int:
    """``--detach``: 0 when ``/health`` answers, 1 with the diagnosis. Ctrl-C while it loads stops the server.

    ``warm``: its first answer is asked for here, before it is announced.
    """
    for title, hint in survival.warnings():
        warn(f"{title} — {hint}")
    with _Wishes() as wishes:
        server = launch.start(plan.launch_plan())
        with Watcher(server) as watcher:
            if wait:
                update = _load(server, watcher, wishes, warm=warm)
            else:
                update = watcher.poll(_FIRST_LOOK)
                if update.state in OVER:
                    _diagnose(server, update)
    if update.state in OVER:
        return 1
    _announce(server, update, as_json=as_json)
    return 0


def foreground(plan: Plan, *, warm: bool, as_json: bool) -> int:
    """Start, show the stages, stay until the server ends or Ctrl-C stops it. A lost terminal keeps the server."""
    with _Wishes() as wishes:
        server = launch.start(plan.launch_plan())
        with Watcher(server) as watcher:
            update = _load(server, watcher, wishes, warm=warm)
            if update.state in OVER:
                return 1
            if not wishes.leave:
                _announce(server, update, as_json=as_json)
                warn(_("Ctrl-C stops it"))
            return _stay(server, watcher, wishes)


class _Wishes:
    """What signals ask for, looked at between two steps: a server that is just being started cannot be lost to one."""

    def __init__(self) -> None:
        self.stop = self.leave = False
        self._previous: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self.leave = True
        else:
            self.stop = True


def _load(server: LocalServer, watcher: Watcher, wishes: _Wishes, *, warm: bool) -> Update:
    """Show the stages until it is ready (and, with ``warm``, has given its first answer) or gone.

    Raises KeyboardInterrupt when it was to be stopped, and is."""
    display = _Display(last_time(server.folder, server.version))
    try:
        while True:
            update = watcher.poll()
            display.show(update)
            if wishes.stop or wishes.leave or update.state in ("ready", *OVER):
                break
        if warm and update.state == "ready" and not (wishes.stop or wishes.leave):
            display.warming()
            update = _warm(server, watcher, wishes) or update
    finally:
        display.close()
    if update.state in OVER:
        _diagnose(server, update)
    elif wishes.stop:
        _stop(server)
        raise KeyboardInterrupt
    return update


def _warm(server: LocalServer, watcher: Watcher, wishes: _Wishes) -> Update | None:
    """Wait for the first answer; the news when the server ends meanwhile. Any wish ends it at once."""
    warm_up = WarmUp(server)
    thread = threading.Thread(target=warm_up.run, daemon=True)
    thread.start()
    while thread.is_alive() and not (wishes.stop or wishes.leave):
        update = watcher.poll(_WARM_SECONDS)
        if update.state in OVER:
            return update
    warm_up.cancel()
    return None


def _stay(server: LocalServer, watcher: Watcher, wishes: _Wishes) -> int:
    answers = True
    while not wishes.leave:
        update = watcher.poll(_STAY_SECONDS)
        if answers and update.state == "unresponsive":
            words = _("the server does not answer any more: stop it (Ctrl-C) and start it again; log: {log}")
            warn(words.format(log=server.log))
        answers = update.state != "unresponsive"
        if wishes.stop:
            _stop(server)
            raise KeyboardInterrupt
        if update.state in OVER:
            _diagnose(server, update)
            return 0 if update.state == "exited" else 1
    return 0


def _stop(server: LocalServer) -> None:
    from minicpm_tui.errors import ServerNotFound

    warn(_("stopping the server …"))
    try:
        launch.stop(server.id)
    except ServerNotFound:
        return  # it has ended meanwhile
    warn(_("stopped"))


class _Display:
    """The stages on stderr: one line that changes on a terminal, else a line for each stage."""

    def __init__(self, last: dict[str, float]) -> None:
        self._last = last
        usual = said_last_time(last)
        self._shown = 0
        self._said_quiet = False
        self._status = None
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status(" ".join([_("starting vLLM …"), usual]).rstrip())
            self._status.start()
        elif usual:
            print(usual, file=sys.stderr, flush=True)

    def show(self, update: Update) -> None:
        quiet = _(" — silent for {time}, see the log").format(time=format_duration(update.silent)) if update.quiet else ""
        if self._status is None:
            self._print(update, quiet)
            return
        from rich.text import Text

        text = _("starting vLLM …")
        if update.stages:
            stage = update.stages[-1]
            progress = f" {stage.progress:.0%}" if stage.progress is not None else ""
            before = self._last.get(stage.name)
            took = _(" (last time {time})").format(time=format_duration(before)) if before else ""
            text = f"{_(TITLES[stage.name])}{progress} {format_duration(update.elapsed)}{took}"
        self._status.update(Text(text + quiet))

    def warming(self) -> None:
        """The stage after the last one of the log."""
        text = _("Warming up the first answer")
        if self._status is None:
            print(text, file=sys.stderr, flush=True)
        else:
            self._status.update(text)

    def _print(self, update: Update, quiet: str) -> None:
        """Where lines cannot change: one for each stage, and one when it has gone quiet."""
        for reached in update.stages[self._shown :]:
            print(_(TITLES[reached.name]), file=sys.stderr, flush=True)
        self._shown = len(update.stages)
        if quiet and not self._said_quiet:
            print(quiet.strip(" —"), file=sys.stderr, flush=True)
        self._said_quiet = bool(quiet)

    def close(self) -> None:
        if self._status is not None:
            self._status.stop()


def _announce(server: LocalServer, update: Update, *, as_json: bool) -> None:
    if as_json:
        fields = {"id": server.id, "pid": server.pid, "url": server.url, "model": server.model, "state": update.state}
        print(json.dumps({**fields, "started": server.started_text, "log": str(server.log)}, ensure_ascii=False), flush=True)
        return
    print(server.url, flush=True)
    warn(_("server {id} is {state}; log: {log}").format(id=server.id, state=_(STATE_TITLES[update.state]), log=server.log))
    warn(_("from another machine: {line}").format(line=endpoints.tunnel(server)))


def _diagnose(server: LocalServer, update: Update) -> None:
    failure = update.explanation.failure if update.explanation else None
    if update.state == "exited" or failure is None:
        warn(_("the server was stopped"))
        return
    hint = f" — {failure.hint}" if failure.hint else ""
    warn(f"{failure.title}: {one_line(failure.line, 400)}".removesuffix(": ") + hint)
    for remedy in failure.remedies:
        warn(_("try: {remedy}").format(remedy=remedy.label))
    where = _("line {number} of {log}") if failure.line_number else _("its log is empty: {log}")
    warn(where.format(number=failure.line_number, log=server.log))

"""``minicpm-tui replay``: a saved session with its own timing."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from minicpm_tui.cli.completing import session_ids
from minicpm_tui.cli.option import option
from minicpm_tui.i18n import _


@click.command("replay", help=_("Play a saved session, by id or folder, with its original timing; pauses are shortened."))
@click.argument("session", metavar="ID|DIR", shell_complete=session_ids)
@option("--speed", type=click.FloatRange(min=0), default=1.0, show_default=True, help=_("Speed factor; 0: all at once."))
@option("--print", "to_stdout", is_flag=True, help=_("Write to stdout instead of opening the program."))
def command(session: str, speed: float, *, to_stdout: bool) -> int:
    """See the help text."""
    folder = find(session)
    if to_stdout:
        return _print(folder, speed)
    from minicpm_tui.ui.app.replay_app import play

    return play(folder, speed)


def find(session: str) -> Path:
    """The session's folder: a path where that is one, else an id. Raises SessionNotFound."""
    from minicpm_tui.paths import expanded
    from minicpm_tui.sessions import ids

    place = expanded(session)
    if ids.is_session(place):
        return place
    if place.name == ids.JOURNAL and place.is_file():
        return place.parent
    return ids.find(session)


def _print(folder: Path, speed: float) -> int:
    from minicpm_tui.sessions.timeline import load
    from minicpm_tui.sessions.transcript import transcript

    begun = time.monotonic()
    for at, text, _message in transcript(load(folder), colour=sys.stdout.isatty()):
        wait = at / speed - (time.monotonic() - begun) if speed else 0.0
        if wait > 0:
            sys.stdout.flush()
            time.sleep(wait)
        sys.stdout.write(text)
    sys.stdout.flush()
    return 0

"""What the shell completes: ids of sessions and servers, presets, models on this disk, files. Quick, and never an error."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from minicpm_tui.errors import MinicpmTuiError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MOST = 50
"""Sessions: the newest ones; more are no choice."""


def session_ids(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The newest sessions whose id begins so, with their titles."""
    from minicpm_tui import paths

    return _sessions(paths.sessions_dir(), begun)


def trashed_ids(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Those in the trash."""
    from minicpm_tui import paths
    from minicpm_tui.sessions.ids import TRASH

    return _sessions(paths.data_dir() / TRASH, begun)


def server_ids(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The servers that this program started."""
    from minicpm_tui.servers import registry

    with contextlib.suppress(MinicpmTuiError, OSError):
        return [_item(each.id, help=each.model) for each in registry.servers() if each.id.startswith(begun)]
    return []


def presets(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """The built-in presets and the user's own."""
    from minicpm_tui.i18n import _
    from minicpm_tui.servers.presets import BUILT_IN, saved

    names = {name: _(text) for name, text in BUILT_IN.items()}
    with contextlib.suppress(MinicpmTuiError, OSError):
        names |= dict.fromkeys(saved(), "")
    return [_item(name, help=text) for name, text in names.items() if name.startswith(begun)]


def models(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Model folders on this disk; folders where the word is a path."""
    from minicpm_tui import config
    from minicpm_tui.servers import models as on_disk

    with contextlib.suppress(MinicpmTuiError, OSError):
        found = [str(each.path) for each in on_disk.find(config.load().settings.model_folders, os.environ)]
        if matching := [_item(path) for path in found if path.startswith(begun)]:
            return matching
    return [_item(begun, type="dir")]


def files(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Whatever lies on the disk: the shell's own completion."""
    return [_item(begun, type="file")]


def _item(word: str, **told: str) -> CompletionItem:
    from click.shell_completion import CompletionItem  # commands name these functions as they are declared, at every start

    return CompletionItem(word, **told)


def _sessions(folder: Path, begun: str) -> list[CompletionItem]:
    from minicpm_tui.sessions.ids import is_session
    from minicpm_tui.sessions.summary import summarise
    from minicpm_tui.text import one_line

    places: Iterable[Path] = ()
    with contextlib.suppress(OSError):
        places = sorted((each for each in folder.iterdir() if each.name.startswith(begun)), reverse=True)
    items = []
    for place in places:
        if place.name.startswith(".") or not is_session(place):
            continue
        with contextlib.suppress(MinicpmTuiError, OSError):
            found = summarise(place)
            items.append(_item(place.name, help=one_line(found[0].title, 60) if found else ""))
        if len(items) == MOST:
            break
    return items

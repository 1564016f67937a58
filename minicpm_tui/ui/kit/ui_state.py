"""How the program looked when it was closed: panes and folders. ``state_dir()/ui.json``; losing it loses nothing."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from minicpm_tui import files, paths
from minicpm_tui.errors import StorageError

_FOLDERS = 50


class UiState(msgspec.Struct, frozen=True, omit_defaults=True):
    """``folders`` maps the folder the program was started in to the one that the file pane showed, newest last."""

    files: bool = True
    server: bool = False
    folders: dict[str, str] = {}

    def with_folder(self, start: Path, shown: Path) -> UiState:
        """With ``shown`` remembered for ``start``."""
        others = {key: value for key, value in self.folders.items() if key != str(start)}
        newest = dict(list(others.items())[-_FOLDERS + 1 :]) | {str(start): str(shown)}
        return msgspec.structs.replace(self, folders=newest)

    def folder(self, start: Path) -> Path:
        """Where the file pane begins; ``start`` when what was shown is gone."""
        known = Path(self.folders.get(str(start), start))
        return known if known.is_dir() else start


def _path() -> Path:
    return paths.state_dir() / "ui.json"


def load() -> UiState:
    """The saved state, or the usual one (blocks a moment)."""
    return files.read_state(_path(), UiState) or UiState()


def save(state: UiState) -> None:
    """Keep ``state`` (blocks); a disk that does not take it is no reason to say anything."""
    with contextlib.suppress(StorageError):
        files.make_private_dir(_path().parent)
        files.write_state(_path(), state)

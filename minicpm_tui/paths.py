"""Where things lie: platformdirs' folders, or all of them under ``MINICPM_TUI_HOME``."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("minicpm-tui", appauthor=False)


def _under_home(name: str) -> Path | None:
    home = os.environ.get("MINICPM_TUI_HOME")
    return expanded(home) / name if home else None


def config_dir() -> Path:
    """``config.toml``, the user's themes, prompts and server presets."""
    return _under_home("config") or _DIRS.user_config_path


def data_dir() -> Path:
    """What must never be lost: the saved sessions and the trash."""
    return _under_home("data") or _DIRS.user_data_path


def cache_dir() -> Path:
    """What can be made again: the search index, previews, what servers have seen."""
    return _under_home("cache") or _DIRS.user_cache_path


def state_dir() -> Path:
    """What this machine is doing: running servers, their logs, input history."""
    return _under_home("state") or _DIRS.user_state_path


def sessions_dir() -> Path:
    """One folder for each saved session."""
    return data_dir() / "sessions"


def inbox_dir() -> Path:
    """Where a user copies files to from another machine; the running program takes them from there."""
    return data_dir() / "inbox"


def received_dir() -> Path:
    """What came from another machine, in a folder for each session."""
    return data_dir() / "received"


def runtime_dirs() -> list[Path]:
    """Where sockets of running programs may lie, the best first: the user's runtime folder, else ``state_dir()``.

    A login without ``XDG_RUNTIME_DIR`` finds the folder that systemd gives each user (pam_systemd(8)).
    """
    if home := _under_home("run"):
        return [home]
    named = os.environ.get("XDG_RUNTIME_DIR")
    usual = [Path(named)] if named else []
    usual.append(Path(f"/run/user/{os.getuid()}"))
    ours = [folder / "minicpm-tui" for folder in usual if _private(folder)]
    return list(dict.fromkeys((*ours, state_dir() / "run")))


def _private(folder: Path) -> bool:
    """It is there, ours, and nobody else can enter it."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def expanded(name: str | Path) -> Path:
    """``name`` with ``~`` for somebody's home folder understood; that of a user whom nobody knows is a name like any other."""
    try:
        return Path(os.path.expanduser(name))  # noqa: PTH111 - Path.expanduser raises for unknown users
    except ValueError:  # a null character
        return Path(name)


def shortened(path: Path) -> str:
    """``path`` as people write it: from ``~`` where it lies in the home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) and path != home else str(path)

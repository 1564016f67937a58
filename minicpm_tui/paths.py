"""Where things lie: platformdirs' folders, or all of them under ``MINICPM_TUI_HOME``."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("minicpm-tui", appauthor=False)


def _under_home(name: str) -> Path | None:
    home = os.environ.get("MINICPM_TUI_HOME")
    return Path(home).expanduser() / name if home else None


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

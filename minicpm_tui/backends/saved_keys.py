"""API keys that the user asked to keep: a file beside the settings that the user alone can read."""

from __future__ import annotations

from pathlib import Path

import msgspec

from minicpm_tui import files, paths
from minicpm_tui.decoding import DecodingError, decode_json, read_bounded
from minicpm_tui.errors import ConfigError
from minicpm_tui.i18n import _
from minicpm_tui.redaction import know


def keys_path() -> Path:
    """A JSON object: root URL to key."""
    return paths.config_dir() / "keys.json"


def saved_keys() -> dict[str, str]:
    """The keys by root URL (blocks). Raises ConfigError when the file cannot be read."""
    path = keys_path()
    try:
        keys = decode_json(read_bounded(path), dict[str, str])
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint=_("check its permissions")) from error
    except DecodingError as error:
        raise ConfigError(f"{path}: {error}", hint=_("correct or remove it")) from error
    for key in keys.values():
        know(key)
    return keys


def save_key(url: str, key: str) -> Path:
    """Keep ``key`` for the root URL ``url``, readable by the user alone (blocks); gives the file.

    Raises ConfigError, StorageError.
    """
    path = keys_path()
    keys = {**saved_keys(), url: key}
    files.make_private_dir(path.parent)
    files.write_durably(path, msgspec.json.format(msgspec.json.encode(keys)), mode=files.PRIVATE_FILE)
    return path

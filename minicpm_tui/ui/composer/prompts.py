"""Prompts saved by name in ``config_dir()/prompts.toml``: a table of names and texts that can be edited by hand."""

from __future__ import annotations

from pathlib import Path

from minicpm_tui import files, paths
from minicpm_tui.decoding import DecodingError, decode_toml, read_bounded, whole_text
from minicpm_tui.errors import ConfigError, NameTaken
from minicpm_tui.i18n import _


def path() -> Path:
    """Where the file is, or would be."""
    return paths.config_dir() / "prompts.toml"


def load() -> dict[str, str]:
    """Names and texts (blocks). Raises ConfigError."""
    try:
        values = decode_toml(read_bounded(path()))
    except FileNotFoundError:
        return {}
    except (OSError, DecodingError) as error:
        raise ConfigError(f"{path()}: {error}", hint=_("correct that line")) from error
    return {name: text for name, text in values.items() if isinstance(text, str)}


def save(name: str, text: str, *, overwrite: bool = False) -> Path:
    """Keep ``text`` as ``name``; the rest of the file stays as it is (blocks). The file.

    Raises ConfigError, StorageError, and NameTaken for a prompt that is there unless ``overwrite``.
    """
    if not overwrite and name in load():
        raise NameTaken(name, title=_("A prompt with this name is already saved"))
    _change(name, text)
    return path()


def remove(name: str) -> None:
    """Forget ``name`` (blocks)."""
    _change(name, None)


def _change(name: str, text: str | None) -> None:
    import tomlkit

    load()
    try:
        document = tomlkit.parse(path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        document = tomlkit.document()
    document.pop(name, None)
    if text is not None:
        document.add(name, tomlkit.string(text, multiline="\n" in text))
    files.make_private_dir(path().parent)
    files.write_durably(path(), whole_text(tomlkit.dumps(document)).encode())

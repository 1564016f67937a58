"""What a user chooses in the program and finds again the next time: theme and language, written into ``config.toml``."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App

from minicpm_tui import config, files
from minicpm_tui.decoding import DecodingError, decode_toml, read_bounded
from minicpm_tui.errors import ConfigError, MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit import themes
from minicpm_tui.ui.kit.dialogs import Choice, Choose
from minicpm_tui.ui.kit.error_line import error_line

_LANGUAGES = (Choice("en", "English"), Choice("zh_CN", "简体中文"))


def keep(field: str, value: str) -> None:
    """Set ``field`` in config.toml; comments and the rest stay (blocks). Raises ConfigError, StorageError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = config.config_path()
    try:
        text = read_bounded(path)
        decode_toml(text)  # tomlkit fails in more ways with what is no TOML
        document = tomlkit.parse(text)
    except FileNotFoundError:
        document = tomlkit.document()
    except (OSError, DecodingError, TOMLKitError) as error:
        raise ConfigError(f"{path}: {error}", hint=_("correct that line")) from error
    document[field] = value
    files.make_private_dir(path.parent)
    files.write_durably(path, tomlkit.dumps(document).encode())


async def choose_theme(app: App[Any]) -> None:
    """Let the user choose a theme, shown while the cursor is on it; files that could not be used are listed with why."""
    loaded = await asyncio.to_thread(themes.load_all)
    usable = {entry.theme.name: entry for entry in loaded if entry.theme}
    choices = [Choice(name, name, "" if entry.own else str(entry.path)) for name, entry in usable.items()]
    choices += [Choice("", f"✗ {entry.problem}") for entry in loaded if entry.problem]
    before = app.theme

    def show(name: str) -> None:
        if name in usable and (theme := usable[name].theme):
            app.register_theme(theme)
            app.theme = name

    name = await app.push_screen_wait(Choose(_("Theme"), choices, current=before, moved=show))
    if name:
        show(name)
        await _keep(app, "theme", name)
    else:
        app.theme = before


async def choose_language(app: App[Any], current: str) -> None:
    """English or Chinese, where ``current`` is in use; texts that show already change with the next start."""
    language = await app.push_screen_wait(Choose(_("Language"), _LANGUAGES, current=current))
    if language:
        await _keep(app, "language", language)
        app.notify(_("Restart the program to apply it everywhere"), timeout=5, markup=False)


async def _keep(app: App[Any], field: str, value: str) -> None:
    try:
        await asyncio.to_thread(keep, field, value)
    except MinicpmTuiError as error:
        app.notify(one_line(error_line(error.info)), severity="warning", timeout=10, markup=False)
    else:
        app.notify(_("Saved: {path}").format(path=one_line(str(config.config_path()))), timeout=5, markup=False)

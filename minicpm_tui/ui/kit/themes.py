"""Themes from TOML files: the program's own and those in ``config_dir()/themes``.

A file is named after its theme and holds the fields of Textual's ``Theme`` (``primary``, ``background``, …, a ``[variables]``
table). Every colour is parsed before the theme is used: Textual itself would fail much later, in the middle of drawing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
from textual.color import Color, ColorParseError
from textual.theme import Theme

from minicpm_tui import paths
from minicpm_tui.decoding import DecodingError, decode_toml, read_bounded
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line

DEFAULT = "minicpm-dark"
SIXTEEN = "minicpm-16"
"""Used instead of the default where the terminal has no more than 16 colours."""
SIXTEEN_LIGHT = "minicpm-16-light"
"""Used instead of ``SIXTEEN`` where the terminal's background is light."""

DEFAULT_VALUES: Mapping[str, Any] = {
    "dark": True,
    "primary": "#E8A15C",
    "secondary": "#7FB5B5",
    "accent": "#F2C078",
    "foreground": "#E9E2D8",
    "background": "#191614",
    "surface": "#211D1A",
    "panel": "#2A2521",
    "success": "#9CBF7D",
    "warning": "#E5C07B",
    "error": "#E57F6F",
    "variables": {
        "border": "#E8A15C",
        "border-blurred": "#453D36",
        "hint-key": "#E8A15C",
        "input-selection-background": "#E8A15C 35%",
        "block-cursor-background": "#E8A15C",
        "block-cursor-foreground": "#191614",
        "block-cursor-blurred-background": "#453D36",
        "footer-key-foreground": "#E8A15C",
        "scrollbar": "#4A423A",
        "scrollbar-hover": "#6B5F54",
        "scrollbar-active": "#E8A15C",
        "scrollbar-background": "#191614",
        "scrollbar-background-hover": "#191614",
        "scrollbar-background-active": "#191614",
    },
}
"""What the default theme's file says: the first paint does without reading TOML."""

_COLOURS = frozenset(
    {"primary", "secondary", "warning", "error", "success", "accent", "foreground", "background", "surface", "panel", "boost"}
)
_FIELDS = {field.name for field in fields(Theme)} - {"name"}
_PLAIN_VARIABLES = ("-text-style", "-style")
_NEEDED = {"primary"}


class Loaded(msgspec.Struct, frozen=True):
    """One theme file: its ``theme``, or the one-line ``problem`` that it has."""

    path: Path
    theme: Theme | None = None
    problem: str = ""

    @property
    def own(self) -> bool:
        """It came with the program."""
        return self.path.parent == own_folder()


def own_folder() -> Path:
    """Beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parents[2]
    inside = package / "themes"
    return inside if inside.is_dir() else package.parent / "themes"


def load_own(name: str) -> Loaded:
    """The program's theme ``name`` (blocks)."""
    path = own_folder() / f"{name}.toml"
    return Loaded(path, _made(name, DEFAULT_VALUES)) if name == DEFAULT else read(path)


def find(name: str) -> Loaded:
    """The theme ``name``, the user's before the program's (blocks; reads one file)."""
    users = paths.config_dir() / "themes" / f"{name}.toml"
    return read(users) if os.path.lexists(users) else load_own(name)


def load_all(folders: Iterable[Path] | None = None) -> list[Loaded]:
    """Every theme file (blocks); a user's theme of the same name comes after the program's and wins."""
    chosen = (own_folder(), paths.config_dir() / "themes") if folders is None else folders
    return [read(path) for folder in chosen for path in _toml_files(folder)]


def _toml_files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(folder.glob("*.toml"))
    except OSError:
        return


def read(path: Path) -> Loaded:
    """The theme in the file at ``path``, or what is wrong with it."""
    try:
        values = decode_toml(read_bounded(path))
    except OSError as error:
        return Loaded(path, problem=one_line(f"{path}: {error.strerror}"))
    except DecodingError as error:
        return Loaded(path, problem=one_line(f"{path}: {error}"))
    if problem := next(_problems(values), ""):
        return Loaded(path, problem=one_line(f"{path}: {problem}"))
    return Loaded(path, _made(path.stem, values))


def _made(name: str, values: Mapping[str, Any]) -> Theme:
    """The theme that ``values``, in which nothing is wrong, describe."""
    return Theme(name=name, **{**values, "variables": {**_derived(values), **values.get("variables", {})}})


def _derived(values: Mapping[str, Any]) -> dict[str, str]:
    """The variables that the program's style sheets name, where a theme does not; Textual fails without."""
    primary = values["primary"]
    if values.get("ansi"):
        light = values.get("dark") is False
        ground, ink = ("ansi_white", "ansi_black") if light else ("ansi_black", "ansi_white")
        return {"ansi-background": ground, "ansi-foreground": ink, "muted": "ansi_bright_black", "hint-key": primary}
    dark = values.get("dark", True)
    text = Color.parse(values.get("foreground", "#e0e0e0" if dark else "#202020"))
    page = Color.parse(values.get("background", "#121212" if dark else "#efefef"))
    return {"muted": text.blend(page, 0.38).hex, "hint-key": primary}


def _problems(values: Mapping[str, Any]) -> Iterator[str]:
    for missing in sorted(_NEEDED - values.keys()):
        yield _("{field} is missing").format(field=missing)
    for name, value in values.items():
        yield from _field_problem(name, value)
    variables = values.get("variables", {})
    if not isinstance(variables, dict):
        yield _("{field} must be a table").format(field="variables")
        return
    for name, value in variables.items():
        if not isinstance(value, str):
            yield _("{field} must be text").format(field=name)
        elif not name.endswith(_PLAIN_VARIABLES):
            yield from _colour_problem(name, value)


def _field_problem(name: str, value: object) -> Iterator[str]:
    if name not in _FIELDS:
        yield _("{field} is not a field of a theme").format(field=name)
    elif name in _COLOURS:
        yield from _colour_problem(name, value)
    elif name in {"dark", "ansi"} and not isinstance(value, bool):
        yield _("{field} must be true or false").format(field=name)
    elif name in {"luminosity_spread", "text_alpha"} and not isinstance(value, int | float):
        yield _("{field} must be a number").format(field=name)


def _colour_problem(name: str, value: object) -> Iterator[str]:
    words = value.split() if isinstance(value, str) else []
    opacity_fits = len(words) == 1 or (len(words) == 2 and words[1].endswith("%") and words[1][:-1].isdigit())
    if not opacity_fits:
        yield _("{field}: {value} is not a colour").format(field=name, value=value)
        return
    try:
        Color.parse(words[0])
    except ColorParseError:
        yield _("{field}: {value} is not a colour").format(field=name, value=value)

"""Theme files: all of ours load, a broken one is named and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import Button, Input, OptionList, TextArea

from minicpm_tui.ui.kit import themes

OURS = sorted(path.stem for path in themes.own_folder().glob("*.toml"))


def test_ours_are_all_usable() -> None:
    assert {themes.DEFAULT, themes.SIXTEEN} <= set(OURS)
    assert [loaded.problem for loaded in themes.load_all([themes.own_folder()]) if loaded.problem] == []


def test_the_default_theme_is_what_its_file_says() -> None:
    read = themes.read(themes.own_folder() / f"{themes.DEFAULT}.toml")
    assert themes.load_own(themes.DEFAULT) == read
    assert read.theme is not None


@pytest.mark.parametrize("name", OURS)
async def test_each_theme_draws(name: str) -> None:
    theme = themes.load_own(name).theme
    assert theme is not None
    app: App[None] = App()
    async with app.run_test() as pilot:
        app.register_theme(theme)
        app.theme = name
        await app.mount(Input(), TextArea("x"), OptionList("one"), Button("y"))
        await pilot.pause()
        assert app.current_theme.name == name


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ('primary = "#12345"', "primary"),
        ('primary = "red"\naccent = 3', "accent"),
        ('primary = "red"\nunknown = "x"', "unknown"),
        ('secondary = "red"', "primary"),
        ('primary = "red"\n[variables]\nborder = "nocolour"', "border"),
        ('primary = "red"\ndark = "yes"', "dark"),
        ('primary = "red"\nvariables = 1', "variables"),
        ("primary = red", "line 1"),
    ],
)
def test_a_broken_theme_is_named_in_one_line(tmp_path: Path, toml: str, named: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(toml)
    (loaded,) = themes.load_all([tmp_path])
    assert loaded.theme is None
    assert "mine.toml" in loaded.problem
    assert named in loaded.problem
    assert "\n" not in loaded.problem


def test_a_folder_that_is_not_there_holds_no_themes(tmp_path: Path) -> None:
    assert themes.load_all([tmp_path / "none"]) == []

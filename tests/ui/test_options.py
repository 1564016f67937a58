"""Lists to choose from, in any room and at any key."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Size

from minicpm_tui.ui.kit.dialogs import Choice, Choose
from minicpm_tui.ui.kit.option_list import Options


class ListApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Options()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "grey", "hint-key": "yellow"}


@pytest.mark.parametrize("size", [(20, 5), (3, 2), (1, 1)])
async def test_a_window_stands_any_size(size: tuple[int, int]) -> None:
    app = ListApp()
    async with app.run_test() as pilot:
        await app.push_screen(Choose("What?", [Choice(str(number), "a rather long entry") for number in range(30)]))
        await pilot.resize_terminal(*size)
        await pilot.press("down", "pagedown", "pageup")
        await pilot.resize_terminal(80, 24)
        assert isinstance(app.screen, Choose)


async def test_a_page_key_may_come_before_the_rows_are_laid_out() -> None:
    app = ListApp()
    async with app.run_test():
        options = app.query_one(Options)
        options.add_options(["one", "two"])
        options.highlighted = 1
        await options.run_action("page_up")
        assert options.highlighted in {0, 1}


async def test_a_list_without_a_column_has_a_height() -> None:
    app = ListApp()
    async with app.run_test():
        options = app.query_one(Options)
        options.add_options(["a rather long entry"])
        assert options.get_content_height(Size(0, 0), Size(0, 0), 0) > 0

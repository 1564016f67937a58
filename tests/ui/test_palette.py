"""The command palette's page keys."""

from __future__ import annotations

from textual.command import CommandList, CommandPalette
from textual.widgets.option_list import Option

from minicpm_tui.ui.kit.palette import CommandProvider
from minicpm_tui.ui.terminal.private import SteadyPalette
from tests.ui.test_commands import Example
from tests.waiting import until


class WithPalette(Example):
    COMMANDS = {CommandProvider}  # noqa: RUF012 - Textual's own annotation is not ClassVar

    def on_mount(self) -> None:
        self.push_screen(SteadyPalette())


async def test_page_keys_do_nothing_where_nothing_matches() -> None:
    app = WithPalette()
    async with app.run_test() as pilot:
        await pilot.press(*"zzqq")
        commands = app.screen.query_one(CommandList)
        await until(lambda: commands.option_count == 1 and commands.options[0].disabled, pilot)
        await pilot.press("pagedown", "pageup")
        assert isinstance(app.screen, CommandPalette)


async def test_page_keys_do_nothing_while_the_list_is_hidden() -> None:
    app = WithPalette()
    async with app.run_test() as pilot:
        commands = app.screen.query_one(CommandList)
        await until(lambda: commands.option_count, pilot)
        commands.display = False
        await pilot.pause()
        commands.clear_options().add_options([Option("one"), Option("two")])
        commands.highlighted = 1
        await pilot.press("pagedown", "pageup")
        assert commands.highlighted == 1


async def test_page_keys_move_through_what_matches() -> None:
    app = WithPalette()
    async with app.run_test() as pilot:
        await pilot.press(*"ca")
        commands = app.screen.query_one(CommandList)
        await until(lambda: commands.option_count == 1 and not commands.options[0].disabled and commands.size, pilot)
        await pilot.press("pagedown", "enter")
        await until(lambda: app.done, pilot)
        assert app.done == ["home"]

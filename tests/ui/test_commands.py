"""One declaration gives key, palette entry, help and hint."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from minicpm_tui.ui.kit.commands import Command, Commanded, bindings, live, show_key
from minicpm_tui.ui.kit.help import HelpScreen
from minicpm_tui.ui.kit.hint_bar import HintBar
from tests.waiting import until

COMMANDS = (
    Command("wave", "Wave", "Wave a hand", keys=("f5",), hint="Wave", when=lambda app: app.awake),
    Command("call('home')", "Call home", "Ring them", keys=("f6",)),
)


class Example(Commanded, App[None]):
    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)

    def __init__(self) -> None:
        super().__init__()
        self.awake = True
        self.done: list[str] = []

    def compose(self) -> ComposeResult:
        yield Input()
        yield HintBar()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "grey", "hint-key": "yellow"}

    def action_wave(self) -> None:
        self.done.append("wave")

    def action_call(self, whom: str) -> None:
        self.done.append(whom)


async def test_keys_carry_out_what_is_possible() -> None:
    app = Example()
    async with app.run_test() as pilot:
        await pilot.press("f5", "f6")
        app.awake = False
        await pilot.press("f5")
        assert app.done == ["wave", "home"]


async def test_live_commands_run_where_they_were_declared() -> None:
    app = Example()
    async with app.run_test():
        entries = {entry.title: entry for entry in live(app.screen)}
        assert entries["Wave"].key == "F5"
        await entries["Call home"].run()
        assert app.done == ["home"]
        app.awake = False
        assert [entry.possible for entry in (entries["Wave"], entries["Call home"])] == [False, True]


async def test_hint_bar_shows_and_runs_what_is_possible() -> None:
    app = Example()
    async with app.run_test() as pilot:
        bar = app.query_one(HintBar)
        assert "F5 Wave" in str(bar.render())
        await pilot.click(HintBar, offset=(2, 0))
        assert app.done == ["wave"]
        app.awake = False
        app.refresh_bindings()
        await pilot.pause()
        assert "Wave" not in str(bar.render())


async def test_where_it_is_narrow_the_first_possible_command_comes_before_the_app_s_second() -> None:
    own = (Command("help", "Help", "Help", ("f1",), "Help"), Command("quit", "Quit", "Quit", ("ctrl+q",), "Quit"))

    class Pane(Commanded, Input):
        DECLARED = (Command("stop", "Stop", "Stop", ("escape",), "Stop"), Command("more", "More", "More", ("f2",), "More"))

    class Narrow(Commanded, App[None]):
        DECLARED = own

        def compose(self) -> ComposeResult:
            yield Pane()
            yield HintBar()

    app = Narrow()
    async with app.run_test(size=(40, 10)) as pilot:
        bar = app.query_one(HintBar)
        assert str(bar.render()).split() == ["Esc", "Stop", "F2", "More", "F1", "Help", "^Q", "Quit"]
        await pilot.resize_terminal(20, 10)
        assert str(bar.render()).split() == ["Esc", "Stop", "F1", "Help"]


async def test_where_it_is_narrow_the_keys_of_the_focused_widget_and_the_help_are_kept() -> None:
    own = (
        Command("command_palette", "Commands", "Commands", ("ctrl+p",), "Commands"),
        Command("help", "Help", "Help", ("f1",), "Help"),
        Command("quit", "Quit", "Quit", ("ctrl+q",), "Quit"),
    )

    class Pane(Commanded, Input):
        DECLARED = (Command("mark", "Mark", "Mark", ("space",), "Mark"), Command("look", "Look", "Look", ("v",), "Look"))

    class Screenful(Commanded, Screen[None]):
        DECLARED = (Command("files", "Files", "Files", ("f2",), "Files"), Command("more", "More", "More", ("f3",), "More"))

        def compose(self) -> ComposeResult:
            yield Pane()
            yield HintBar()

    class Narrow(Commanded, App[None]):
        DECLARED = own

        def get_default_screen(self) -> Screen[None]:
            return Screenful()

    app = Narrow()
    async with app.run_test(size=(80, 10)) as pilot:
        bar = app.screen.query_one(HintBar)
        await until(lambda: app.focused is not None, pilot)
        everything = ["Space", "Mark", "v", "Look", "F2", "Files", "F3", "More", "^P", "Commands", "F1", "Help", "^Q", "Quit"]
        assert str(bar.render()).split() == everything
        await pilot.resize_terminal(30, 10)
        assert str(bar.render()).split() == ["Space", "Mark", "v", "Look", "F1", "Help"]


async def test_help_lists_every_command_of_the_screen_below() -> None:
    app = Example()
    async with app.run_test() as pilot:
        await app.push_screen(HelpScreen(entry.command for entry in live(app.screen)))
        text = "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())
        assert "Wave a hand" in text
        assert "Ring them" in text
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


def help_text(app: App[None]) -> str:
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


async def test_typing_narrows_the_help() -> None:
    app = Example()
    async with app.run_test() as pilot:
        await app.push_screen(HelpScreen(entry.command for entry in live(app.screen)))
        await pilot.press(*"hand")
        await until(lambda: "Ring them" not in help_text(app), pilot)
        assert "Wave a hand" in help_text(app)
        await pilot.press("escape", *"F6")
        await until(lambda: "Ring them" in help_text(app) and "Wave a hand" not in help_text(app), pilot)
        await pilot.press(*"quxq")
        await until(lambda: "No key or command matches “F6quxq”" in help_text(app), pilot)
        await pilot.press("f1")
        await until(lambda: len(app.screen_stack) == 1, pilot)


async def test_a_long_help_scrolls_while_its_field_has_the_keyboard() -> None:
    app = Example()
    many = [Command(f"wave{number}", f"Wave {number}", "Wave a hand", keys=("f5",)) for number in range(60)]
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(HelpScreen(many))
        await until(lambda: "Wave 0" in help_text(app), pilot)
        await pilot.press("end")
        await until(lambda: "Wave 59" in help_text(app), pilot)
        await pilot.press("pageup", "up")
        await until(lambda: "Wave 59" not in help_text(app) and "Wave 30" in help_text(app), pilot)
        await pilot.press("home")
        await until(lambda: "Wave 0" in help_text(app), pilot)


def test_keys_are_written_as_on_a_keyboard() -> None:
    assert [show_key(key) for key in ("ctrl+r", "f2", "shift+enter", "escape", "alt+up", "q")] == [
        "^R",
        "F2",
        "⇧Enter",
        "Esc",
        "Alt+↑",
        "q",
    ]

"""What every app of the program has: settings, themes, clipboard and mouse of the terminal, commands, the order of keys."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual.app import App
from textual.command import Provider
from textual.events import Key
from textual.theme import Theme
from textual.types import CSSPathType

from minicpm_tui import files
from minicpm_tui.config import Settings
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.app.commands import COMMANDS
from minicpm_tui.ui.kit import themes, words
from minicpm_tui.ui.kit.commands import Command, Commanded, bindings, live, refused
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.messages import CopyText
from minicpm_tui.ui.kit.start_options import Launch
from minicpm_tui.ui.kit.stylesheet import CachedStylesheet
from minicpm_tui.ui.terminal import mouse
from minicpm_tui.ui.terminal.caret import Caret
from minicpm_tui.ui.terminal.graphics.query import Terminal
from minicpm_tui.ui.terminal.handover import Handover
from minicpm_tui.ui.terminal.key_order import KeyOrder
from minicpm_tui.ui.terminal.line import over_ssh
from minicpm_tui.ui.terminal.output.colourless import NoColor
from minicpm_tui.ui.terminal.output.lean import LeanOutput
from minicpm_tui.ui.terminal.paintings import Drawing
from minicpm_tui.ui.terminal.pasting.app import Pasting
from minicpm_tui.ui.terminal.private import Mistakes, Notices

if TYPE_CHECKING:
    from minicpm_tui.ui.kit.help import Place
    from minicpm_tui.ui.terminal.pasting.writer import Copied


def _provider() -> type[Provider]:
    from minicpm_tui.ui.kit.palette import CommandProvider

    return CommandProvider


class AppBase(KeyOrder, Caret, LeanOutput, NoColor, Handover, Drawing, Pasting, Mistakes, Notices, Commanded, App[int]):
    """An app in the terminal with one kind of first screen. Ends with the exit status."""

    CSS_PATH: ClassVar[CSSPathType] = ["app.tcss"]
    TITLE = "minicpm-tui"
    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    COMMANDS = {_provider}  # noqa: RUF012 - Textual's own annotation is not ClassVar
    COMMAND_PALETTE_BINDING = "ctrl+p"
    _coloured: Theme | None = None

    def __init__(self, launch: Launch | None = None, terminal: Terminal | None = None) -> None:
        super().__init__()
        self.launch = launch or Launch()
        self.as_textual_writes = self.as_textual_writes or self.settings.output == "textual"
        self.set_reactive(AppBase.terminal, terminal or Terminal())
        self.theme_problems: tuple[str, ...] = ()
        self._copied = False
        self._sent = ""
        self._use_theme(self._first_theme())
        self.stylesheet = CachedStylesheet(variables=self.get_css_variables())

    @property
    def settings(self) -> Settings:
        """The settings in force when the program started."""
        return self.launch.config.settings

    def get_css_variables(self) -> dict[str, str]:
        """As Textual has it, but worked out once for a theme: the start asks again and again."""
        if self._coloured is not self.current_theme:
            self._coloured = self.current_theme
            self._variables = super().get_css_variables()
        return self._variables

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"hint-key": "ansi_yellow", "muted": "ansi_bright_black"}

    def on_mount(self) -> None:
        files.listen(self._say_damage)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.call_later, self.end_by, number)
        self.call_after_refresh(self._say_theme_problem)

    def end_by(self, number: signal.Signals) -> None:
        """The terminal is gone, or we are told to end."""
        self.exit(128 + number, return_code=128 + number)

    # -- themes ---------------------------------------------------------------------------------------------------------------

    def _first_theme(self) -> str:
        few_colours = self.console.color_system in {None, "standard"} and not self.no_color
        if few_colours and self.launch.config.origin("theme") == "default":
            return themes.SIXTEEN_LIGHT if self.terminal.light else themes.SIXTEEN
        return self.settings.theme

    def watch_terminal(self, old: Terminal, new: Terminal) -> None:
        """The terminal has told late that it is light (the user may have chosen a theme meanwhile), or cells are divided anew."""
        if old.light != new.light and self.theme == themes.SIXTEEN:
            self._use_theme(self._first_theme())
        if old.blocks != new.blocks:  # a terminal that thinks a symbol wider than we do has put what follows elsewhere
            self.forget_output()

    def _use_theme(self, name: str) -> None:
        """The theme of that name, else the default; only its own file is read."""
        loaded = themes.find(name)
        if loaded.theme is None:
            self.theme_problems = (loaded.problem,)
            loaded = themes.load_own(themes.DEFAULT)
        if loaded.theme is not None:
            self.register_theme(loaded.theme)
            self.theme = loaded.theme.name

    def _say_theme_problem(self) -> None:
        for problem in self.theme_problems:
            self.notify(one_line(problem), severity="warning", timeout=10, markup=False)

    async def on_unmount(self) -> None:
        from minicpm_tui.ui.batch.process import stop_all

        files.listen(None)
        await stop_all()

    def _say_damage(self, words: str) -> None:
        self.notify(one_line(words), severity="warning", timeout=10, markup=False)

    def action_choose_theme(self) -> None:
        from minicpm_tui.ui.app import preferences

        self.run_worker(preferences.choose_theme(self), group="window", exclusive=True)

    def action_choose_language(self) -> None:
        from minicpm_tui.ui.app import preferences

        self.run_worker(preferences.choose_language(self, self.settings.language), group="window", exclusive=True)

    def line_measured(self, *, slow: bool) -> None:
        """What the terminal took to draw tells whether the line to it is slow."""
        if self.settings.slow_line == "auto" and over_ssh(os.environ):
            self.terminal = msgspec.structs.replace(self.terminal, slow=slow)

    # -- the clipboard --------------------------------------------------------------------------------------------------------

    def on_copy_text(self, event: CopyText) -> None:
        if not self._copy(event.text):
            return
        what, count = event.what or _("the text"), len(event.text)
        if self.terminal.takes_copies:
            self.notify(_("Copied {what}: {count:,} characters").format(what=what, count=count), timeout=3, markup=False)
            return
        line = _("Sent {what} to the terminal: {count:,} characters").format(what=what, count=count)
        first, self._copied = not self._copied, True
        if first:  # said once: the terminal does not tell whether it took it
            line += _(". If it does not arrive, F8 lets you select it with the mouse; tmux needs “set -g set-clipboard on”")
        self.notify(line, timeout=12 if first else 3, markup=False)

    def on_copied(self, event: Copied) -> None:
        if event.problem is None:
            self.notify(_("Copied the picture to the clipboard of your own machine"), timeout=4, markup=False)
        else:
            self.say(event.problem)

    @property
    def clipboard(self) -> str:
        """What was copied here last, for ^V in a field; nobody can read the terminal's own clipboard."""
        return self._sent

    def copy_to_clipboard(self, text: str) -> None:
        """To the clipboard of the user's terminal, through tmux and screen; all of Textual's copying comes here."""
        self._copy(text)

    def _copy(self, text: str) -> bool:
        """Send ``text`` to the terminal's clipboard; False, and a word why, where no terminal would take it."""
        from minicpm_tui.ui.terminal import clipboard

        self._sent = text
        if clipboard.too_long(text):
            self.notify(_("This is too long for the terminal's clipboard"), severity="warning", markup=False)
            return False
        mouse.write(self, clipboard.sequence(text))
        return True

    # -- commands -------------------------------------------------------------------------------------------------------------

    def on_key(self, event: Key) -> None:
        """A key that has come all the way up: where it does nothing now, say why."""
        if command := refused(self.screen, event.key):
            event.prevent_default()
            self.notify(_(command.refusal), timeout=4, markup=False)

    def action_help(self) -> None:
        from minicpm_tui.ui.kit.help import HelpScreen

        commands = [entry.command for entry in live(self.screen)]
        self.push_screen(HelpScreen(commands, self.other_places(commands)))

    def other_places(self, here: Collection[Command]) -> Sequence[Place]:
        """Where else keys mean something than ``here``, for the help."""
        return ()

    def action_move_word(self, forward: bool) -> None:
        """By a word in the field that has the focus."""
        if self.focused is not None:
            words.move(self.focused, forward=forward)

    def action_delete_word(self, forward: bool) -> None:
        """The word beside the caret of the field that has the focus."""
        if self.focused is not None:
            words.delete(self.focused, forward=forward)

    def action_command_palette(self) -> None:
        from minicpm_tui.ui.kit.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_open(self, name: str) -> None:
        """Show the screen that the command of this name opens."""
        for command in self.declared():
            if command.opens is not None and command.call[1] == (name,):
                self.push_screen(command.opens())

    def action_mouse(self) -> None:
        self.owns_mouse = not self.owns_mouse
        mouse.capture(self, captured=self.owns_mouse)
        if not self.owns_mouse:
            self.notify(_("The terminal has the mouse: select text with it. F8 takes it back."), timeout=6, markup=False)

    async def action_quit(self) -> None:
        self.exit(0)

    def action_help_quit(self) -> None:
        """^C with nothing selected."""
        self.exit(0)

    def fail(self, error: Exception) -> None:
        """A mistake of ours: the draft is kept and one line says where the details are, in place of a traceback."""
        from minicpm_tui import crash

        with contextlib.suppress(Exception):  # whatever else goes wrong, the program ends
            self.keep_draft()
        line = type(error).__name__
        with contextlib.suppress(Exception):
            line = crash.record(error)
        self.exit(1, return_code=1, message=f"minicpm-tui: {line}")

    def keep_draft(self) -> None:
        """Keep what is written and not sent, before the program ends in a mistake."""

    def say(self, error: MinicpmTuiError) -> None:
        """One line about what went wrong."""
        self.notify(one_line(error_line(error.info)), severity="warning", timeout=10, markup=False)

"""Small windows: a question with answers, a list to choose from, one line of text. Esc closes each without an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from minicpm_tui.i18n import N_, _
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.answers import Answer, Answers
from minicpm_tui.ui.kit.commands import Command, Commanded, bindings
from minicpm_tui.ui.kit.field import Field
from minicpm_tui.ui.kit.option_list import Options
from minicpm_tui.ui.kit.stylesheet import WINDOWS

CLOSE = (Command("close", N_("Close"), N_("Close this window"), keys=("escape",), palette=False),)


class Window(Commanded, ModalScreen[str | None]):
    """A modal window that Esc closes with None."""

    CSS_PATH = WINDOWS
    DECLARED = CLOSE
    BINDINGS = bindings(CLOSE)

    def __init__(self) -> None:
        super().__init__(classes="sheet")

    def answer(self, value: str | None) -> None:
        """Close with ``value``, once: a second Enter of the same burst finds the window gone."""
        if self.is_current:
            self.dismiss(value)

    def action_close(self) -> None:
        self.answer(None)


class Ask(Window):
    """Asks ``question``; answers with the key of the chosen one of ``answers``.

    The first has the focus: it is the one that changes nothing, or the one that loses least.
    """

    def __init__(self, question: str, answers: Sequence[Answer]) -> None:
        super().__init__()
        self._question = question
        self._answers = answers

    def compose(self) -> ComposeResult:
        with Vertical(classes="window"):
            yield Static(self._question, markup=False)
            yield Answers(self._answers)

    @on(Answers.Chosen)
    def _answered(self, event: Answers.Chosen) -> None:
        event.stop()
        self.chosen(event.key)

    def chosen(self, key: str) -> None:
        """Close with ``key``."""
        self.answer(key)


class Choice(msgspec.Struct, frozen=True):
    """One line of a list; ``key`` is the answer."""

    key: str
    label: str
    detail: str = ""


class Choose(Window):
    """Lets the user choose one of ``choices``, narrowed by typing. Answers with its key, or with ``=text`` for a free text.

    ``moved`` is called with the key of the choice that the cursor comes to, so that it can be shown before it is chosen.
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        *,
        current: str = "",
        free: str = "",
        moved: Callable[[str], None] = lambda _key: None,
    ) -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._current = current
        self._free = free
        self._moved = moved
        self._shown = list(choices)

    def compose(self) -> ComposeResult:
        with Vertical(classes="window") as window:
            window.border_title = self._title
            window.border_subtitle = _("Enter chooses · Esc closes")
            yield Field(placeholder=self._free or _("type to filter"), compact=True)
            yield Options(compact=True, markup=False)

    def on_mount(self) -> None:
        self._fill("")
        keys = [choice.key for choice in self._shown]
        if self._current in keys:
            self.query_one(OptionList).highlighted = keys.index(self._current)

    def _fill(self, words: str) -> None:
        wanted = words.casefold().split()
        self._shown = [
            choice for choice in self._choices if all(word in f"{choice.label} {choice.detail}".casefold() for word in wanted)
        ]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(self._label(choice)) for choice in self._shown])
        if not self._shown:
            nothing = _("Enter takes what is typed") if self._free else _("Nothing has these words")
            options.add_option(Option(Content.styled(nothing, "$muted"), disabled=True))
        options.highlighted = 0 if self._shown else None

    def _label(self, choice: Choice) -> Content:
        mark = "● " if choice.key == self._current else "  "
        return Content.assemble((mark, "$text-accent"), one_line(choice.label), (f"  {one_line(choice.detail)}", "$muted"))

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self.answer(self._shown[options.highlighted].key)
        elif self._free and event.value.strip():
            self.answer(f"={event.value.strip()}")

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_index < len(self._shown):
            self._moved(self._shown[event.option_index].key)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.answer(self._shown[event.option_index].key)

    def key_down(self) -> None:
        self.query_one(OptionList).action_cursor_down()

    def key_up(self) -> None:
        self.query_one(OptionList).action_cursor_up()

    def key_pagedown(self) -> None:
        self.query_one(Options).page(1)

    def key_pageup(self) -> None:
        self.query_one(Options).page(-1)


_AROUND = 7
"""Cells of a line's window that are not its text: borders, padding, the place of the caret."""


class Line(Window):
    """Asks for one line of text; as wide as the ``value`` that it begins with, where the screen is.

    ``enter`` says what Enter does with it (translated); a ``secret`` is not shown.
    """

    def __init__(self, title: str, value: str = "", *, placeholder: str = "", enter: str = "", secret: bool = False) -> None:
        super().__init__()
        self._title = title
        self._value = value
        self._placeholder = placeholder
        self._enter = enter or _("Enter saves · Esc cancels")
        self._secret = secret

    def compose(self) -> ComposeResult:
        with Vertical(classes="window") as window:
            window.border_title = self._title
            window.border_subtitle = self._enter
            window.styles.width = max(60, cell_len(self._value) + _AROUND)
            yield Field(self._value, placeholder=self._placeholder, compact=True, password=self._secret)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        self.answer(event.value.strip())

"""What forms are built of: arrows move between their fields and buttons as Tab does."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, Label, RadioButton

from minicpm_tui.ui.kit.commands import Commanded
from minicpm_tui.ui.kit.field import Field
from minicpm_tui.ui.kit.stylesheet import WINDOWS

Answer = TypeVar("Answer")
_PREVIOUS, _NEXT = "app.focus_previous", "app.focus_next"


class Form(Commanded, ModalScreen[Answer]):
    """A modal window with fields. A field that has a use for an arrow key keeps it."""

    CSS_PATH = WINDOWS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", _PREVIOUS, show=False),
        Binding("down", _NEXT, show=False),
    ]

    def __init__(self) -> None:
        super().__init__(classes="sheet")


class AppliedForm(Form[Answer]):
    """A form that is applied by Enter in a single line or by its button ``take``; any other button leaves it."""

    def action_take(self) -> None:
        """Answer with what was entered, or say what is wrong with it."""

    def action_close(self) -> None:
        """Leave it without an answer."""

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_take()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "take":
            self.action_take()
        else:
            self.action_close()


class Fields(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls where the fields do not fit; the arrow keys are the form's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "page_up", show=False),
        Binding("pagedown", "page_down", show=False),
    ]


def labelled(label: str, *fields: Widget) -> ComposeResult:
    """A row of a form."""
    with Horizontal(classes="field"):
        yield Label(label)
        yield from fields


def entry(name: str, label: str, value: str, hint: str) -> ComposeResult:
    """A row of a form with one text to enter, in the field with the id ``name``."""
    yield from labelled(label, Field(value, id=name, placeholder=hint, compact=True))


class Buttons(Horizontal):
    """The buttons below a form."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", _PREVIOUS, show=False),
        Binding("right", _NEXT, show=False),
    ]

    def __init__(self) -> None:
        super().__init__(classes="buttons")


class Tick(Checkbox):
    """Shows whether it is on by its sign, not by a colour alone."""

    def render(self) -> Content:
        self.BUTTON_INNER = "X" if self.value else " "
        return super().render()


class Pick(RadioButton):
    """Shows whether it is the chosen one by its sign, not by a colour alone."""

    def render(self) -> Content:
        self.BUTTON_INNER = "●" if self.value else " "
        return super().render()

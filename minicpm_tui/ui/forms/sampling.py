"""The form for the system prompt and the sampling. What is left empty is the model's own."""

from __future__ import annotations

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.validation import Integer, Number
from textual.widgets import Button, Input, Label, RadioButton, RadioSet, TextArea

from minicpm_tui.i18n import N_, _
from minicpm_tui.messages import RequestOptions, RequestProfile
from minicpm_tui.ui.commands import Command, Commanded, bindings
from minicpm_tui.ui.stylesheet import WINDOWS

COMMANDS = (
    Command("close", N_("Close"), N_("Leave everything as it was"), ("escape",), palette=False),
    Command("take", N_("Use these"), N_("Ask with these values from now on"), ("ctrl+s", "f5"), palette=False, priority=True),
)
_THINKING: tuple[bool | None, ...] = (None, True, False)


class SamplingForm(Commanded, ModalScreen[RequestOptions | None]):
    """Edits ``options``; ``profile`` tells what the model does by itself. Answers with the new options, or None."""

    CSS_PATH = WINDOWS
    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)

    def __init__(self, options: RequestOptions, profile: RequestProfile) -> None:
        super().__init__(classes="sheet")
        self._options = options
        self._profile = profile

    def compose(self) -> ComposeResult:
        options, profile = self._options, self._profile
        with VerticalScroll(classes="window form", can_focus=False) as window:
            window.border_title = _("Prompt and sampling")
            window.border_subtitle = _("^S uses these · Esc closes")
            yield Label(_("System prompt"))
            yield TextArea(options.system, id="system", compact=True, tab_behavior="focus")
            yield from self._number("temperature", _("Temperature"), options.temperature, profile.temperature, Number(0, 2))
            yield from self._number("top_p", _("Top p"), options.top_p, profile.top_p, Number(0.001, 1))
            yield from self._number("max_tokens", _("Longest reply"), options.max_tokens, None, Integer(1))
            with Horizontal(classes="field"):
                yield Label(_("Thinking"))
                if profile.knows_thinking:
                    with RadioSet(id="thinking", compact=True):
                        words = (_("model's own"), _("on"), _("off"))
                        for value, word in zip(_THINKING, words, strict=True):
                            yield RadioButton(word, value is options.thinking)
                else:
                    yield Label(_("this model has no switch for it"), classes="muted")
            yield Label("", id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(_("Use these"), id="take", variant="primary", compact=True)
                yield Button(_("Close"), id="close", compact=True)

    @staticmethod
    def _number(name: str, label: str, value: float | None, usual: float | None, validator: Number | Integer) -> ComposeResult:
        hint = _("model's own: {value}").format(value=usual) if usual is not None else _("model's own")
        with Horizontal(classes="field"):
            yield Label(label)
            yield Input(
                "" if value is None else f"{value:g}",
                id=name,
                placeholder=hint,
                compact=True,
                validators=[validator],
                valid_empty=True,
                type="integer" if isinstance(validator, Integer) else "number",
            )

    def action_close(self) -> None:
        self.dismiss(None)

    def action_take(self) -> None:
        """Close with what stands in the form, or say what is wrong with it."""
        for field in self.query(Input):
            result = field.validate(field.value)
            if result is not None and not result.is_valid:
                name = str(field.id).replace("_", " ")
                self.query_one("#problem", Label).update(f"{name}: {'; '.join(result.failure_descriptions)}")
                field.focus()
                return
        sets = self.query(RadioSet)
        thinking = _THINKING[max(sets.first().pressed_index, 0)] if sets else self._options.thinking
        self.dismiss(
            msgspec.structs.replace(
                self._options,
                system=self.query_one("#system", TextArea).text.strip(),
                temperature=self._value("temperature"),
                top_p=self._value("top_p"),
                max_tokens=int(tokens) if (tokens := self._value("max_tokens")) is not None else None,
                thinking=thinking,
            )
        )

    def _value(self, name: str) -> float | None:
        text = self.query_one(f"#{name}", Input).value.strip()
        return float(text) if text else None

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "take":
            self.action_take()
        else:
            self.action_close()

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
from minicpm_tui.ui.kit.commands import Command, Commanded, bindings
from minicpm_tui.ui.kit.stylesheet import WINDOWS

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
            yield from self._numbers()
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

    def _numbers(self) -> ComposeResult:
        options, profile = self._options, self._profile
        to_two, to_one = _("a number from 0 to 2"), _("a number above 0, at most 1")
        yield from _field(
            "temperature",
            _("Temperature"),
            options.temperature,
            _own(profile.temperature),
            Number(0, 2, failure_description=to_two),
        )
        yield from _field("top_p", _("Top p"), options.top_p, _own(profile.top_p), Number(0.001, 1, failure_description=to_one))
        whole = Integer(1, failure_description=_("a whole number above 0"))
        yield from _field("max_tokens", _("Longest reply"), options.max_tokens, _("in tokens; empty: no limit"), whole)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_take(self) -> None:
        """Close with what stands in the form, or say what is wrong with it."""
        for field in self.query(Input):
            result = field.validate(field.value)
            if result is not None and not result.is_valid:
                self.query_one("#problem", Label).update(f"{field.name}: {'; '.join(result.failure_descriptions)}")
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


def _own(usual: float | None) -> str:
    """What stands in an empty field."""
    return _("model's own") if usual is None else _("model's own: {value}").format(value=usual)


def _field(key: str, label: str, value: float | None, hint: str, validator: Number | Integer) -> ComposeResult:
    with Horizontal(classes="field"):
        yield Label(label)
        yield Input(
            "" if value is None else f"{value:g}",
            id=key,
            name=label,
            placeholder=hint,
            compact=True,
            validators=[validator],
            valid_empty=True,
            type="integer" if isinstance(validator, Integer) else "number",
        )

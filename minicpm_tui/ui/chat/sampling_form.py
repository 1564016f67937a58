"""The form for the system prompt and the sampling. What is left empty stays the model's default."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.validation import ValidationResult, Validator
from textual.widgets import Button, Input, Label, RadioSet

from minicpm_tui.i18n import N_, _
from minicpm_tui.messages import RequestOptions, RequestProfile
from minicpm_tui.sampling import SAMPLING, parse
from minicpm_tui.ui.kit.commands import Command, bindings
from minicpm_tui.ui.kit.field import Area, Field
from minicpm_tui.ui.kit.forms import AppliedForm, Buttons, Fields, Pick, labelled

COMMANDS = (
    Command(
        "leave", N_("Close"), N_("Close without changes; what you entered is here again next time"), ("escape",), palette=False
    ),
    Command("take", N_("Apply"), N_("Use these values from the next message on"), ("ctrl+s", "f5"), palette=False, priority=True),
)
_LABELS = {
    "temperature": N_("Temperature"),
    "top_p": N_("Top p"),
    "top_k": N_("Top k"),
    "min_p": N_("Min p"),
    "repetition_penalty": N_("Repetition penalty"),
    "max_tokens": N_("Longest reply"),
    "seed": N_("Seed"),
}
_THINKING: tuple[bool | None, ...] = (None, True, False)


class SamplingForm(AppliedForm[RequestOptions | None]):
    """Edits ``options``; ``profile`` tells the model's defaults. Answers with the new options, or None.

    ``entered`` is the ``set_aside`` of a form that was left by Esc: what its fields held, by their ids.
    """

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)

    def __init__(self, options: RequestOptions, profile: RequestProfile, entered: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._options = options
        self._profile = profile
        self._earlier = entered or {}
        self._before: dict[str, str] = {}
        self.set_aside: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        options, profile = self._options, self._profile
        with Fields(classes="window form") as window:
            window.border_title = _("Prompt and sampling")
            window.border_subtitle = _("^S applies, in a single line Enter too · Esc closes")
            yield Label(_("System prompt"))
            yield Area(options.system, id="system", compact=True, tab_behavior="focus")
            yield from self._numbers()
            with Horizontal(classes="field"):
                yield Label(_("Thinking"))
                if profile.knows_thinking:
                    with RadioSet(id="thinking", compact=True):
                        words = (_("model default"), _("on"), _("off"))
                        for value, word in zip(_THINKING, words, strict=True):
                            yield Pick(word, value is options.thinking)
                else:
                    yield Label(_("this model has no thinking switch"), classes="muted note")
            yield Label("", id="problem", markup=False)
            with Buttons():
                yield Button(_("Apply"), id="take", compact=True)
                yield Button(_("Cancel"), id="close", compact=True)

    def _numbers(self) -> ComposeResult:
        profile = self._profile
        hints = {
            "temperature": _model_default(profile.temperature),
            "top_p": _model_default(profile.top_p),
            "top_k": _("model default · 0: no limit"),
            "repetition_penalty": _("model default · 1.05 helps against loops"),
            "max_tokens": _("no limit · in tokens"),
            "seed": _("random"),
        }
        for name, label in _LABELS.items():
            yield from _field(name, _(label), getattr(self._options, name), hints.get(name, _("model default")))

    def on_mount(self) -> None:
        self._before = self._written()
        for name, text in self._earlier.items():
            if name == "system":
                self.query_one("#system", Area).text = text
            else:
                self.query_one(f"#{name}", Input).value = text
        if self._earlier:
            self.query_one("#problem", Label).update(_("Not applied yet: this is what you entered before. Cancel drops it."))

    def _written(self) -> dict[str, str]:
        """What the fields hold, by their ids."""
        fields = {name: self.query_one(f"#{name}", Input).value for name in SAMPLING}
        return {"system": self.query_one("#system", Area).text, **fields}

    def action_leave(self) -> None:
        written = self._written()
        self.set_aside = written if written != self._before else {}
        self.dismiss(None)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_take(self) -> None:
        """Close with what stands in the form, or say what is wrong with it."""
        if not self.is_current:
            return  # a second Enter of the same burst
        for field in self.query(Input):
            result = field.validate(field.value)
            if result is not None and not result.is_valid:
                self.query_one("#problem", Label).update(f"{field.name} {'; '.join(result.failure_descriptions)}")
                field.focus()
                return
        sets = self.query(RadioSet)
        thinking = _THINKING[max(sets.first().pressed_index, 0)] if sets else self._options.thinking
        system = self.query_one("#system", Area).text.strip()
        numbers = {name: self._value(name) for name in SAMPLING}
        self.dismiss(msgspec.structs.replace(self._options, system=system, thinking=thinking, **numbers))

    def _value(self, name: str) -> float | int | None:
        text = self.query_one(f"#{name}", Input).value.strip()
        return parse(name, text) if text else None


class _InRange(Validator):
    """Takes what the sampling setting ``name`` takes."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def validate(self, value: str) -> ValidationResult:
        try:
            parse(self._name, value)
        except ValueError as error:
            return self.failure(str(error))
        return self.success()


def _model_default(value: float | None) -> str:
    """What stands in an empty field."""
    return _("model default") if value is None else _("model default: {value}").format(value=value)


def _field(name: str, label: str, value: float | None, hint: str) -> ComposeResult:
    field = Field(
        "" if value is None else str(value),
        id=name,
        name=label,
        placeholder=hint,
        compact=True,
        validators=[_InRange(name)],
        valid_empty=True,
        type="integer" if name in {"top_k", "max_tokens", "seed"} else "number",
    )
    yield from labelled(label, field)

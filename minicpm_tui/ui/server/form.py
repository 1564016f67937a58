"""The form of a start: presets, every option with its meaning, the estimate and the exact command."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.timer import Timer
from textual.widgets import Button, Input, Label, Select, Static

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.servers import presets
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.options import OPTIONS
from minicpm_tui.servers.plan import Plan
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit import forms
from minicpm_tui.ui.kit.commands import bindings
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.field import Field
from minicpm_tui.ui.kit.messages import CopyText
from minicpm_tui.ui.kit.save_as import save_as
from minicpm_tui.ui.server import fields
from minicpm_tui.ui.server import start as starting
from minicpm_tui.ui.server.commands import FORM
from minicpm_tui.ui.server.doubt import estimate_content

_PAUSE = 0.4


class ServeForm(forms.Form[Form | None]):
    """Edits ``form``; answers with the new one to start, or None.

    ``entered`` are the texts of the fields as they were left before, ``problem`` is why that could not be started. When the
    form is closed, ``entered`` holds what stands in it then.
    """

    DECLARED = FORM
    BINDINGS = bindings(FORM)
    CSS = """
    ServeForm .window { width: 108; height: 95%; }
    ServeForm .rows { height: 1fr; min-height: 3; }
    ServeForm .row { height: 1; }
    ServeForm .row > Label { width: 30; }
    ServeForm .row > Input { width: 1fr; }
    ServeForm .row > Select { width: 1fr; margin: 0 0 0 1; }
    ServeForm .wrong Input { background: $error 30%; }
    ServeForm #below { height: auto; border-top: solid $border-blurred; }
    ServeForm #meaning { height: 1; }
    ServeForm #estimate { height: 2; }
    ServeForm #command { height: auto; min-height: 3; max-height: 40vh; }
    ServeForm #problem { color: $text-error; height: auto; max-height: 3; }
    ServeForm #problem.-empty { display: none; }
    """

    def __init__(self, form: Form, entered: Mapping[str, str] | None = None, problem: str = "") -> None:
        super().__init__()
        self.form = form
        self.entered = {**fields.texts_of(form), **(entered or {})}
        self.problem = problem
        self.plan: Plan | None = None
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="window") as window:
            window.border_title = _("Start vLLM")
            window.border_subtitle = _("F5 starts · ^Y copies the command · F6 saves a preset · Esc cancels")
            with forms.Fields(classes="rows"):
                yield from self._top()
                for group, title in fields.GROUPS.items():
                    yield Label(_(title), classes="heading")
                    for option in OPTIONS.values():
                        if option.group == group:
                            yield from self._field(option.name, option.name)
                yield from self._field("extra", _("more arguments"))
            with Vertical(id="below"):
                yield Static("", id="meaning", markup=False, classes="muted")
                yield Static("", id="problem", markup=False, classes="-empty")
                yield Static("", id="estimate", markup=False)
                yield Static("", id="command", markup=False)
            with forms.Buttons():
                yield Button(_("Start"), id="start", compact=True)
                yield Button(_("Copy the command"), id="copy", compact=True)
                yield Button(_("Save as a preset"), id="save", compact=True)
                yield Button(_("Reset"), id="reset", compact=True)
                yield Button(_("Cancel"), id="close", compact=True)

    def _top(self) -> ComposeResult:
        yield from self._field("model", _("Model: folder or hub id"))
        with Horizontal(classes="row"):
            yield Label(_("Preset"))
            names = [(f"{name} — {_(text)}", name) for name, text in presets.BUILT_IN.items()]
            yield Select(names, value=self._preset(presets.BUILT_IN), allow_blank=False, id="preset", compact=True)
        yield from self._field("gpus", _("GPUs: 0,1 or UUIDs"))

    def _preset(self, known: Collection[str]) -> str:
        """The preset that was chosen, where it is still there."""
        wanted = self.entered["preset"]
        return wanted if wanted in known else "pictures"

    def _field(self, name: str, label: str) -> ComposeResult:
        option = OPTIONS.get(name)
        secret = option is not None and option.kind == "secret"
        meaning = _(option.meaning) if option else ""
        with Horizontal(classes="row", id=f"field-{name}"):
            yield Label(label)
            yield Field(self.entered[name], id=f"in-{name}", compact=True, password=secret, placeholder=meaning)

    def on_mount(self) -> None:
        self.query_one("#in-model", Input).focus()
        self._add_saved()
        self._changed()

    @work(group="presets")
    async def _add_saved(self) -> None:
        """The user's own presets join the list."""
        try:
            own = await asyncio.to_thread(presets.saved)
        except MinicpmTuiError as error:
            self._problem(error_line(error.info))
            return
        if own:
            select = self.query_one("#preset", Select)
            names = [(f"{name} — {_(text)}", name) for name, text in presets.BUILT_IN.items()]
            with self.prevent(Select.Changed):
                select.set_options([*names, *((_("{name} (your own)").format(name=name), name) for name in own)])
                select.value = self._preset({*presets.BUILT_IN, *own})

    # -- what was typed -------------------------------------------------------------------------------------------------------

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        """Work it out when the user pauses."""
        if self.texts() != self.entered:
            self.problem = ""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, self.work_out)

    def texts(self) -> dict[str, str]:
        """What stands in each field, and the preset."""
        found = {str(field.id).removeprefix("in-"): field.value.strip() for field in self.query(Input)}
        return {**found, "preset": str(self.query_one("#preset", Select).value)}

    def read(self) -> Form | None:
        """The form as it stands; None when a value is wrong, which is then said."""
        form, wrong = fields.read(self.texts())
        for field in self.query(".wrong"):
            field.remove_class("wrong")
        for name in wrong:
            self.query_one(f"#field-{name}").add_class("wrong")
        self._problem("; ".join(f"{name}: {text}" for name, text in wrong.items()) or self.problem)
        return None if wrong else form

    @property
    def _gone(self) -> bool:
        """The form was closed while something was worked out: its rows go before its workers are told."""
        return not self.query("#command")

    @work(exclusive=True, group="plan")
    async def work_out(self) -> None:
        """Show the command, the estimate, and in empty fields what the preset gives, else what they are for."""
        form = self.read()
        self.plan = None
        if form is None or not form.model:
            return
        try:
            plan = await asyncio.to_thread(starting.draft, form)
            found = await asyncio.to_thread(starting.estimate, plan)
        except MinicpmTuiError as error:
            if self._gone:
                return
            self._problem(error_line(error.info))
            return
        if self._gone:
            return
        self.plan = plan
        self.query_one("#command", Static).update(Content.styled(one_line(plan.command.shell()), "$muted"))
        self.query_one("#estimate", Static).update(estimate_content(found) if found else "", layout=False)
        self._problem(self.problem or "; ".join(plan.notes))
        for name, option in OPTIONS.items():
            given = fields.text_of(plan.form.options.get(name))
            text = _("{value} (preset)").format(value=given) if given else _(option.meaning)
            self.query_one(f"#in-{name}", Input).placeholder = text

    def _problem(self, text: str) -> None:
        problem = self.query_one("#problem", Static)
        problem.set_class(not text, "-empty")
        problem.update(one_line(text))

    @on(DescendantFocus)
    def _explain(self, event: DescendantFocus) -> None:
        name = str(event.widget.id or "").removeprefix("in-")
        option = OPTIONS.get(name)
        text = _(option.meaning) if option else ""
        if option and option.since != "0.7.1":
            text = _("{text} (vLLM {version} or newer)").format(text=text, version=option.since)
        self.query_one("#meaning", Static).update(text, layout=False)

    # -- what was chosen ------------------------------------------------------------------------------------------------------

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "start":
                self.action_start()
            case "copy":
                self.action_copy()
            case "save":
                self.action_save()
            case "reset":
                self.action_reset()
            case _:
                self.action_close()

    def action_close(self) -> None:
        self._leave(None)

    def _leave(self, answer: Form | None) -> None:
        self.entered = self.texts()
        self.dismiss(answer)

    def action_reset(self) -> None:
        """Everything as it was proposed."""
        proposed = fields.texts_of(self.form)
        for field in self.query(Input):
            field.value = proposed[str(field.id).removeprefix("in-")]
        self.query_one("#preset", Select).value = proposed["preset"] or "pictures"

    def action_start(self) -> None:
        form = self.read()
        if form is None:
            self._go_to_wrong()
        elif not form.model:
            self._problem(_("Model: give a folder or a hub id"))
            self.query_one("#in-model", Input).focus()
        else:
            self._leave(form)

    def _go_to_wrong(self) -> None:
        for field in self.query(".wrong Input"):
            field.focus()
            return

    def action_copy(self) -> None:
        if self.plan is not None:
            self.app.post_message(CopyText(self.plan.command.shell(), _("the command")))

    @work(exclusive=True, group="save")
    async def action_save(self) -> None:
        form = self.read()
        if form is None:
            return

        def write(name: str, *, overwrite: bool) -> Path:
            return presets.save(name, form, overwrite=overwrite)

        if await save_as(self.app, _("Name of the preset"), write):
            self._add_saved()

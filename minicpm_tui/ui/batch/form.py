"""The form that starts a batch: which pictures, what is asked of each, where the answers go."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Button, Input, Label, RadioSet

from minicpm_tui.batch.output.sidecars import Kind
from minicpm_tui.errors import MinicpmTuiError, UsageError
from minicpm_tui.files import whole_path
from minicpm_tui.i18n import N_, _, ngettext
from minicpm_tui.paths import shortened
from minicpm_tui.sampling import parse
from minicpm_tui.text import one_line
from minicpm_tui.ui.batch.order import Abandoned, Order, count, free_output, inputs_of
from minicpm_tui.ui.kit.commands import Command, bindings
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.field import Area
from minicpm_tui.ui.kit.forms import AppliedForm, Buttons, Fields, Pick, Tick, entry, labelled

COMMANDS = (
    Command(
        "leave", N_("Close"), N_("Close without starting; what you entered is here again next time"), ("escape",), palette=False
    ),
    Command("take", N_("Start"), N_("Start the batch"), ("ctrl+s", "f5"), palette=False, priority=True),
)
KINDS: tuple[Kind | None, ...] = (None, *get_args(Kind))
MOST_AT_ONCE = 4096
_FIELDS = "{name} {stem} {path} {caption}"
_PAUSE = 0.3
"""Seconds without a key before pictures are looked for."""


class _Wrong(Exception):
    """The field with the id ``field`` holds something that cannot be; the text says why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class BatchForm(AppliedForm[Order | None]):
    """Asks about ``marked`` files, or about the folder or glob ``pictures``. Answers with the order, or None.

    ``entered`` holds the texts of an earlier form by the ids of its fields; it is brought up to date when this one closes, unless
    it is cancelled. ``server`` says who will answer; ``problem`` why nobody can just now.
    """

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = "BatchForm #server, BatchForm #problem { width: 100%; height: auto; }"

    def __init__(
        self, entered: dict[str, str], *, pictures: str = "", marked: Sequence[Path] = (), server: str = "", problem: str = ""
    ) -> None:
        super().__init__()
        self._kept = entered
        self._pictures = pictures
        self._marked = marked
        self._server = server
        self._problem = problem
        self._proposed = ""
        self._timer: Timer | None = None
        self._abandoned = threading.Event()
        self._checking = False
        self._asked = False

    def compose(self) -> ComposeResult:
        known = self._kept.get
        with Fields(classes="window form") as window:
            window.border_title = _("Start a batch")
            window.border_subtitle = _("^S starts, in a single line Enter too · Esc closes")
            if self._marked:
                yield from labelled(_("Pictures"), Label(_names(self._marked), classes="note", markup=False))
            else:
                yield from entry("pictures", _("Pictures"), self._pictures, _("folder, glob, list or table"))
            yield from labelled("", Label("", id="found", classes="muted note", markup=False))
            yield Label(_fields(_FIELDS), id="fields", markup=False)
            yield Area(known("question", ""), id="question", compact=True, tab_behavior="focus")
            yield from entry("output", _("Answers go to"), known("output", ""), "")
            with Horizontal(classes="field"):
                yield Label(_("Sidecar files"))
                with RadioSet(id="sidecar", compact=True):
                    for kind in KINDS:
                        yield Pick(f".{kind}" if kind else _("none"), (kind or "") == known("sidecar", ""))
            yield Tick(_("Leave out pictures that have one"), known("skip") == "yes", id="skip", compact=True)
            yield from entry("prefix", _("Text before each"), known("prefix", ""), _("such as a trigger word: “sks cat, ”"))
            yield from entry("suffix", _("Text after each"), known("suffix", ""), "")
            yield from entry("max_tokens", _("Longest reply"), known("max_tokens", ""), _("no limit · in tokens"))
            yield from entry("concurrency", _("Requests at once"), known("concurrency", ""), _("automatic"))
            yield Label(self._server, id="server", classes="muted", markup=False)
            yield Label("", id="problem", markup=False)
            with Buttons():
                yield Button(_("Start"), id="take", compact=True)
                yield Button(_("Cancel"), id="close", compact=True)

    def on_mount(self) -> None:
        self.query_one("#question").focus()
        self._say(self._problem)
        self._only_with_sidecars()
        self._look_for_pictures()

    def on_unmount(self) -> None:
        self._abandoned.set()

    def _say(self, problem: str) -> None:
        self.query_one("#problem", Label).update(one_line(problem))

    # -- the pictures ---------------------------------------------------------------------------------------------------------

    @property
    def _inputs(self) -> tuple[str, ...]:
        if self._marked:
            return inputs_of(self._marked)
        written = self._text("pictures")
        return (written,) if written else ()

    @on(Input.Changed, "#pictures")
    def _typed(self) -> None:
        self._abandoned.set()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, self._look_for_pictures)

    @work(exclusive=True, group="read")
    async def _look_for_pictures(self) -> None:
        """Say how many there are, and propose a file for the answers."""
        inputs = self._inputs
        self._abandoned.set()
        abandoned = self._abandoned = threading.Event()
        output, found = self.query_one("#output", Input), self.query_one("#found", Label)
        if not output.value or output.value == self._proposed:
            self._proposed = output.value = shortened(await asyncio.to_thread(free_output, inputs))
        self._asked = False
        self._show_asked()
        if not inputs:
            found.update("")
            return
        found.update(_("counting…"))
        try:
            number, self._asked = await asyncio.to_thread(count, inputs, abandoned.is_set)
            found.update(ngettext("{count:,} found", "{count:,} found", number).format(count=number))
            self._show_asked()
        except Abandoned:
            return
        except MinicpmTuiError as error:
            found.update(one_line(error.message))

    def _show_asked(self) -> None:
        """Where the pictures come with questions, none need be written, and ``{text}`` is theirs."""
        self.query_one(Area).placeholder = (
            _("leave this empty to ask what the table asks about each picture") if self._asked else ""
        )
        self.query_one("#fields", Label).update(_fields(f"{_FIELDS} {{text}}" if self._asked else _FIELDS))

    @on(RadioSet.Changed)
    def _only_with_sidecars(self) -> None:
        """What is about sidecars can be filled in where some are written."""
        kind = self._kind
        self.query_one("#skip").disabled = kind is None
        for name in ("prefix", "suffix"):
            self.query_one(f"#{name}").disabled = kind not in {"txt", "caption"}

    # -- what was entered -----------------------------------------------------------------------------------------------------

    @property
    def _kind(self) -> Kind | None:
        return KINDS[max(self.query_one(RadioSet).pressed_index, 0)]

    def _text(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _keep(self) -> None:
        """What stands in the fields is there again in the next form; the proposed file is proposed anew."""
        names = ("output", "prefix", "suffix", "max_tokens", "concurrency")
        self._kept.update({name: self.query_one(f"#{name}", Input).value for name in names})
        self._kept.update(
            pictures="" if self._marked else self._text("pictures"),
            question=self.query_one(Area).text,
            sidecar=self._kind or "",
            skip="yes" if self.query_one(Tick).value else "",
        )
        if self._text("output") == self._proposed:
            self._kept["output"] = ""

    def _order(self) -> Order:
        """Raises _Wrong."""
        question, output, kind = self.query_one(Area).text.strip(), self._text("output"), self._kind
        if not self._inputs:
            raise _Wrong("pictures", _("Pictures: name a folder, a glob, a list or a table"))
        if not question and not self._asked:
            raise _Wrong("question", _("Question: write what to ask about each picture"))
        if not output:
            raise _Wrong("output", _("Answers go to: name a file"))
        beside = kind in {"txt", "caption"}
        return Order(
            self._inputs,
            question,
            whole_path(Path(output)),
            kind,
            skip_existing=kind is not None and self.query_one(Tick).value,
            prefix=self.query_one("#prefix", Input).value if beside else "",
            suffix=self.query_one("#suffix", Input).value if beside else "",
            max_tokens=self._max_tokens(),
            concurrency=self._concurrency(),
        )

    def _max_tokens(self) -> int | None:
        text = self._text("max_tokens")
        try:
            return int(parse("max_tokens", text)) if text else None
        except ValueError as error:
            raise _Wrong("max_tokens", _("Longest reply {problem}").format(problem=error)) from error

    def _concurrency(self) -> int | None:
        text = self._text("concurrency")
        if text and not (text.isascii() and text.isdecimal() and 0 < int(text) <= MOST_AT_ONCE):
            raise _Wrong("concurrency", _("Requests at once must be a number from 1 to {most}").format(most=MOST_AT_ONCE))
        return int(text) if text else None

    # -- commands -------------------------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        self._keep()
        self.dismiss(None)

    def action_close(self) -> None:
        self._kept.clear()
        self.dismiss(None)

    def action_take(self) -> None:
        """Start with what stands in the form, or say what is wrong with it and go there."""
        if not self.is_current or self._checking:
            return  # a second Enter of the same burst
        try:
            order = self._order()
        except _Wrong as error:
            self._say(str(error))
            self.query_one(f"#{error.field}").focus()
            return
        if self._problem:
            self._say(self._problem)
            return
        self._checking = True
        self._say(_("looking through the pictures…"))
        self._check(order)

    @work(exclusive=True, group="check")
    async def _check(self, order: Order) -> None:
        """What the command would refuse is said while it can still be mended."""
        gone = threading.Event()
        try:
            await asyncio.to_thread(order.look, gone.is_set)
        except MinicpmTuiError as error:
            info = error.info
            if type(error) is UsageError:  # its title is about a command line
                info = replace(info, title=info.message, message="")
            self._say(error_line(info))
        else:
            self._keep()
            self._kept["output"] = ""
            self.dismiss(order)
        finally:
            gone.set()
            self._checking = False


def _fields(fields: str) -> str:
    return _("Question; {fields} are filled in").format(fields=fields)


def _names(paths: Sequence[Path]) -> str:
    """How many files, and which."""
    text = ngettext("{count} marked file: {names}", "{count} marked files: {names}", len(paths))
    return one_line(text.format(count=len(paths), names=", ".join(path.name for path in paths)), 200)

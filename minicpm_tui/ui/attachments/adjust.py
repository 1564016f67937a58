"""The form for one attachment: which part of a video, how many frames, or the file as it is. Shows what will be sent."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, Label

from minicpm_tui.i18n import N_, _
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.text import format_duration
from minicpm_tui.ui.attachments.attachment import Attachment
from minicpm_tui.ui.kit.commands import Command, Commanded, bindings
from minicpm_tui.ui.kit.stylesheet import WINDOWS
from minicpm_tui.ui.viewer.canvas import Canvas

COMMANDS = (
    Command("close", N_("Close"), N_("Leave everything as it was"), ("escape",), palette=False),
    Command("take", N_("Use these"), N_("Prepare the file anew"), ("ctrl+s",), palette=False, priority=True),
)
_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")


def seconds_of(text: str) -> float | None:
    """``7``, ``0:07.5`` and ``1:02:03`` as seconds; None for nothing. Raises ValueError with one line for the user."""
    if not (text := text.strip()):
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(_("{text}: write seconds, or 1:02:03").format(text=text))
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


class Adjust(Commanded, ModalScreen[AttachmentSpec | None]):
    """Edits what is wanted of ``attachment``; ``sheet`` gives the picture of what it is now. Answers with the new wish."""

    CSS_PATH = WINDOWS
    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = "Adjust Canvas { height: 12; margin: 1 0 0 0; }"

    def __init__(self, attachment: Attachment, sheet: Callable[[], bytes] | None) -> None:
        super().__init__(classes="sheet")
        self._attachment = attachment
        self._sheet = sheet

    def compose(self) -> ComposeResult:
        spec, info = self._attachment.spec, self._attachment.info
        with VerticalScroll(classes="window form") as window:
            window.border_title = self._attachment.name
            window.border_subtitle = _("^S uses these · Esc closes")
            if self._attachment.is_video:
                end = format_duration(info.duration) if info and info.duration else _("the end")
                yield from self._field("start", _("From"), _time(spec.start), "0:00")
                yield from self._field("end", _("To"), _time(spec.end), end)
                yield from self._field("count", _("Frames"), str(spec.count or ""), _("one a second, as many as fit"))
            yield Checkbox(_("Send the file as it is"), spec.original, id="original", compact=True)
            yield Label("", id="problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(_("Use these"), id="take", variant="primary", compact=True)
                yield Button(_("Close"), id="close", compact=True)
            if self._sheet is not None:
                yield Canvas()

    @staticmethod
    def _field(name: str, label: str, value: str, usual: str) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Label(label)
            yield Input(value, id=name, placeholder=usual, compact=True)

    def on_mount(self) -> None:
        if self._sheet is not None:
            self.query_one(Canvas).load = self._sheet

    def action_close(self) -> None:
        self.dismiss(None)

    def action_take(self) -> None:
        """Close with what stands in the form, or say what is wrong with it."""
        try:
            self.dismiss(self._wish())
        except ValueError as error:
            self.query_one("#problem", Label).update(str(error))

    def _wish(self) -> AttachmentSpec:
        original = self.query_one("#original", Checkbox).value
        if not self._attachment.is_video:
            return msgspec.structs.replace(self._attachment.spec, original=original)
        start, end = (seconds_of(self.query_one(f"#{name}", Input).value) for name in ("start", "end"))
        if start is not None and end is not None and end <= start:
            raise ValueError(_("the end must come after the beginning"))
        info = self._attachment.info
        if start is not None and info is not None and info.duration is not None and start >= info.duration:
            raise ValueError(_("the video ends at {time}").format(time=format_duration(info.duration)))
        count = self.query_one("#count", Input).value.strip()
        if count and (not count.isdecimal() or int(count) < 1):
            raise ValueError(_("{text}: write how many frames, 1 or more").format(text=count))
        return msgspec.structs.replace(
            self._attachment.spec, start=start, end=end, count=int(count) if count else None, original=original
        )

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "take":
            self.action_take()
        else:
            self.action_close()


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:g}"

"""The form for one file: which part of a video, how many frames, which pages, in how many pieces, or the file as it is.

Shows what will be sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.widgets import Button, Input, Label

from minicpm_tui.i18n import N_, _, ngettext
from minicpm_tui.media.pages import page_numbers, parse_pages, written_pages
from minicpm_tui.media.pieces import MOST_PIECES, good_pieces, in_pieces, pieces_tokens
from minicpm_tui.media.spec import AttachmentSpec, MediaLimits
from minicpm_tui.text import format_duration
from minicpm_tui.ui.attachments.attachment import Attachment
from minicpm_tui.ui.kit.commands import Command, bindings
from minicpm_tui.ui.kit.forms import AppliedForm, Buttons, Fields, Tick, entry
from minicpm_tui.ui.viewer.canvas import Canvas
from minicpm_tui.ui.viewer.views import View

COMMANDS = (
    Command("close", N_("Cancel"), N_("Close without changes"), ("escape",), palette=False),
    Command("take", N_("Apply"), N_("Prepare the file again"), ("ctrl+s",), palette=False, priority=True),
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


class _Impossible(Exception):
    """``field`` holds something that cannot be; the text says why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class Adjust(AppliedForm[list[AttachmentSpec] | None]):
    """Edits what is wanted of a file: of the one in ``attachments``, or of the document whose pages they are.

    ``sheet`` shows what is sent now. Answers with the new wishes, one for each page.
    ``limits`` are what the model and the server take; None where that is not known.
    """

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = "Adjust Canvas { height: 12; margin: 1 0 0 0; }"

    def __init__(self, attachments: Sequence[Attachment], sheet: View | None, limits: MediaLimits | None = None) -> None:
        super().__init__()
        self._attachments = attachments
        self._attachment = attachments[0]
        self._sheet = sheet
        self._limits = limits

    def compose(self) -> ComposeResult:
        spec, info = self._attachment.spec, self._attachment.info
        with Fields(classes="window form") as window:
            window.border_title = self._attachment.name
            window.border_subtitle = _("Enter or ^S applies · Esc cancels")
            if self._attachment.is_video:
                end = format_duration(info.duration) if info and info.duration else _("the end")
                yield from entry("start", _("From"), _time(spec.start), "0:00")
                yield from entry("end", _("To"), _time(spec.end), end)
                yield from entry("count", _("Frames"), str(spec.count or ""), _("one per second, as many as fit"))
            if spec.page is not None:
                pages = written_pages(dict.fromkeys(each.spec.page or 1 for each in self._attachments))
                yield from entry("pages", _("Pages"), pages, f"1-{info.pages}" if info and info.pages else "")
            if self._in_pieces:
                yield from entry("pieces", _("Pieces"), str(spec.pieces or ""), "1")
                yield Label(self._cost(str(spec.pieces or "")), id="cost", markup=False)
            yield Tick(_("Send the original file"), spec.original, id="original", compact=True)
            yield Label("", id="problem", markup=False)
            with Buttons():
                yield Button(_("Apply"), id="take", compact=True)
                yield Button(_("Cancel"), id="close", compact=True)
            if self._sheet is not None:
                yield Canvas()

    @property
    def _in_pieces(self) -> bool:
        """A picture or page, which can be sent in pieces."""
        info = self._attachment.info
        return info is not None and info.kind != "video" and not info.animated and self._attachment.spec.path is not None

    @on(Input.Changed, "#pieces")
    def _show_cost(self, changed: Input.Changed) -> None:
        self.query_one("#cost", Label).update(self._cost(changed.value.strip()))

    def _cost(self, written: str) -> str:
        """What so many pieces cost as are ``written``, or as would be good."""
        info = self._attachment.info
        if info is None:
            return ""
        size, page = (info.width, info.height), info.kind == "pdf"
        count = (
            int(written)
            if written.isdecimal() and 0 < int(written) <= MOST_PIECES
            else good_pieces(size, self._limits, page=page)
        )
        words = ngettext("{count} piece", "{count} pieces", count).format(count=count)
        if self._limits is not None and not self._limits.family.generic:
            tokens = pieces_tokens(size, count, self._limits, page=page)
            words += " · " + ngettext("{count:,} token", "{count:,} tokens", tokens).format(count=tokens)
        if count > 1 and not written:
            words = _("small print can be read in {pieces}").format(pieces=words)
        return words

    def on_mount(self) -> None:
        if self._sheet is not None:
            self.query_one(Canvas).show(self._sheet)

    def action_close(self) -> None:
        self.dismiss(None)

    def action_take(self) -> None:
        """Close with what stands in the form, or say what is wrong with it and go there."""
        if not self.is_current:
            return  # a second Enter of the same burst
        try:
            wishes = self._wishes()
        except _Impossible as error:
            self.query_one("#problem", Label).update(str(error))
            self.query_one(f"#{error.field}", Input).focus()
        else:
            self.dismiss(wishes)

    def _wishes(self) -> list[AttachmentSpec]:
        wish = self._wish()
        pages = [wish] if wish.page is None else [msgspec.structs.replace(wish, page=page) for page in self._pages()]
        count = self._piece_count() if self._in_pieces else 1
        return [piece for page in pages for piece in in_pieces(page, count)]

    def _piece_count(self) -> int:
        written = self.query_one("#pieces", Input).value.strip()
        if written and (not written.isdecimal() or not 1 <= int(written) <= MOST_PIECES):
            raise _Impossible("pieces", _("{text}: write how many pieces, 1 to {most}").format(text=written, most=MOST_PIECES))
        return int(written or 1)

    def _pages(self) -> list[int]:
        """The pages that are wanted."""
        info, text = self._attachment.info, self.query_one("#pages", Input).value
        try:
            ranges = parse_pages(text.strip() or "1-")
        except ValueError as error:
            raise _Impossible("pages", _("{text}: write pages such as 2-5,8").format(text=text)) from error
        last = max((first if end is None else end) for first, end in ranges)
        count = info.pages or 1 if info else last
        if last > count:
            raise _Impossible("pages", ngettext("it has {count} page", "it has {count} pages", count).format(count=count))
        return page_numbers(ranges, count, self._attachment.spec.path or Path())

    def _wish(self) -> AttachmentSpec:
        original = self.query_one("#original", Tick).value
        if not self._attachment.is_video:
            return msgspec.structs.replace(self._attachment.spec, original=original)
        start, end = self._seconds("start"), self._seconds("end")
        if end is not None and end <= (start or 0.0):
            raise _Impossible("end", _("the end must be after the start"))
        return msgspec.structs.replace(self._attachment.spec, start=start, end=end, count=self._count(), original=original)

    def _seconds(self, field: str) -> float | None:
        """A moment within the video."""
        try:
            seconds = seconds_of(self.query_one(f"#{field}", Input).value)
        except ValueError as error:
            raise _Impossible(field, str(error)) from error
        duration = self._attachment.info.duration if self._attachment.info else None
        if seconds is not None and duration is not None and (seconds > duration or (seconds == duration and field == "start")):
            raise _Impossible(field, _("the video ends at {time}").format(time=format_duration(duration)))
        return seconds

    def _count(self) -> int | None:
        count = self.query_one("#count", Input).value.strip()
        if count and (not count.isdecimal() or int(count) < 1):
            raise _Impossible("count", _("{text}: write how many frames, 1 or more").format(text=count))
        most = self._limits.most_frames if self._limits else None
        if count and most is not None and int(count) > most:
            raise _Impossible("count", _("{count} frames: the server takes no more").format(count=most))
        return int(count) if count else None


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:g}"

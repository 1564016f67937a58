"""The panel's first view."""

from __future__ import annotations

from textual import on
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from minicpm_tui.i18n import _
from minicpm_tui.servers.doctor import Report
from minicpm_tui.servers.local import LocalServer
from minicpm_tui.ui.kit.option_list import Options
from minicpm_tui.ui.server.entries import Entry, entries

_FIRST = ("ours", "model", "install", "server", "other")


class Here(Options):
    """What is here; Enter starts a model or uses a server."""

    DEFAULT_CSS = "Here { border: none; background: transparent; height: 1fr; padding: 0; scrollbar-size-vertical: 1; }"

    class Chosen(Message):
        """Enter on ``entry``."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    class Moved(Message):
        """Another entry is highlighted."""

    def __init__(self) -> None:
        super().__init__(compact=True, markup=False, classes="first")
        self.entries: list[Entry] = []
        self.add_option(Option(_("Looking for vLLM, GPUs and models…"), disabled=True))

    @property
    def entry(self) -> Entry | None:
        """The highlighted one."""
        return self.entries[self.highlighted] if self.highlighted is not None and self.highlighted < len(self.entries) else None

    def show(self, report: Report, servers: list[LocalServer]) -> None:
        """List what was found; the highlight stays where it was if that is still there."""
        before = self.entry
        self.entries = entries(report, servers)
        self.set_options([Option(entry.content, disabled=not entry.choosable) for entry in self.entries])
        choosable = [index for index, entry in enumerate(self.entries) if entry.choosable]
        same = [index for index in choosable if before and _key(self.entries[index]) == _key(before)]
        self.highlighted = next(iter(same or sorted(choosable, key=lambda index: _rank(self.entries[index]))), None)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self.entries[event.option_index]))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self.post_message(self.Moved())


def _rank(entry: Entry) -> int:
    """What the highlight begins on: what one key is most likely wanted for, which a server that has ended is not."""
    over = entry.server is not None and not entry.server.live
    return _FIRST.index(entry.kind) + (len(_FIRST) if over else 0)


def _key(entry: Entry) -> tuple[object, ...]:
    return (
        entry.kind,
        entry.model.path if entry.model else None,
        entry.server.id if entry.server else None,
        entry.answering.url if entry.answering else None,
    )

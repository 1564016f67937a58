"""The rows of a run: the table with its head, and the field that narrows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from minicpm_tui.batch.run.selection import COLUMNS, Choice, Selection
from minicpm_tui.batch.run.view import STATES, OutputView, State
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import N_, _
from minicpm_tui.ui.batch.header import TITLES, TableHeader
from minicpm_tui.ui.batch.table import ResultTable
from minicpm_tui.ui.kit.commands import GENERAL, Command, Commanded, bindings
from minicpm_tui.ui.kit.search_field import SearchField

ONLY: Mapping[State, str] = {
    "failed": N_("failures only"),
    "cut": N_("cut off only"),
    "empty": N_("empty only"),
    "refused": N_("refusals only"),
    "done": N_("whole answers only"),
}


def _read(pane: ResultPane) -> bool:
    return pane.view is not None and len(pane.view) > 0


def _finding(pane: ResultPane) -> bool:
    return pane.field.display


COMMANDS = (
    Command("end_find", N_("Close the search"), N_("Show all rows again"), ("escape",), when=_finding, palette=False),
    Command(
        "filter",
        N_("Filter"),
        N_("Show only the failures, then those cut off, empty, refused, whole"),
        ("f",),
        N_("Filter"),
        GENERAL,
        _read,
    ),
    Command("find", N_("Find"), N_("Show only the rows with these words"), ("slash",), N_("Find"), GENERAL, _read),
    Command("sort", N_("Sort"), N_("Sort by another column"), ("s",), N_("Sort"), GENERAL, _read),
    Command("reverse", N_("Reverse"), N_("Sort the other way round"), ("S",), group=GENERAL, when=_read),
)


class ResultPane(Commanded, Vertical):
    """Shows the lines of ``view`` that ``choice`` takes, in its order. Posts ``Shown`` when there are others."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = """
    ResultPane SearchField { height: 1; border: none; padding: 0 1; background: $boost; display: none; }
    """

    class Shown(Message):
        """Other rows show, or ``problem`` says why they do not."""

        def __init__(self, problem: str = "") -> None:
            super().__init__()
            self.problem = problem

    def __init__(self) -> None:
        super().__init__()
        self.view: OutputView | None = None
        self.choice = Choice()
        self.field = SearchField(placeholder=_("type to filter"), compact=True)
        self.header = TableHeader()
        self.table = ResultTable()
        self._selection: Selection | None = None
        self._looking = asyncio.Lock()

    def compose(self) -> ComposeResult:
        yield self.field
        yield self.header
        yield self.table

    def open(self, view: OutputView) -> None:
        """Show the lines of another output, all of them."""
        self.view = view
        self.choice = Choice(column=self.choice.column, descending=self.choice.descending)
        self._selection = Selection(view, self.choice)
        self.field.display = False
        self.field.value = ""

    @property
    def words(self) -> list[str]:
        """Which rows show and how they are sorted, where that is not all of them as they came."""
        choice = self.choice
        sign = "▼" if choice.descending else "▲"
        return [
            _(ONLY[choice.state]) if choice.state else "",
            _("{count} with “{words}”").format(count=len(self.table.items), words=choice.words) if choice.words else "",
            f"{sign}{_(TITLES[choice.column])}" if choice.column or choice.descending else "",
        ]

    async def look(self) -> None:
        """Read what the output has got since."""
        view, selection = self.view, self._selection
        if view is None or selection is None or self._looking.locked():
            return
        async with self._looking:
            chosen, replaced = self.table.chosen_of(view), view.replaced
            try:
                changed = await asyncio.to_thread(view.refresh)
                again = chosen is not None and view.replaced != replaced
                found = await asyncio.to_thread(view.find, chosen.id) if chosen is not None and again else None
                numbers = await asyncio.to_thread(selection.numbers) if changed else ()
            except MinicpmTuiError as error:
                self.post_message(self.Shown(str(error)))
                return
            if changed and selection is self._selection:
                self._show(numbers, found)

    def select(self, choice: Choice) -> None:
        """Show the rows that ``choice`` takes, in its order."""
        self.choice = self.header.choice = choice
        if self.view is not None:
            self._selection = Selection(self.view, choice)
            self.table.expect()
            self._select(self._selection)

    @work(exclusive=True, group="select")
    async def _select(self, selection: Selection) -> None:
        async with self._looking:
            try:
                numbers = await asyncio.to_thread(selection.numbers)
            except MinicpmTuiError as error:
                self.table.settle()
                self.post_message(self.Shown(str(error)))
            else:
                self._show(numbers, other=True)

    def _show(self, numbers: Sequence[int], number: int | None = None, *, other: bool = False) -> None:
        """Show the lines ``numbers``; ``number`` is the one that the cursor goes to. ``other`` as in ``VirtualList.show``."""
        if self.view is not None:
            self.table.show_lines(self.view, numbers, number, other=other)
            self.header.room = self.table.scrollable_content_region.width
        self.post_message(self.Shown())

    # -- commands -------------------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Rows of one state alone: of the next one that there are any of, at last of all again."""
        if self.view is not None:
            after = STATES[STATES.index(self.choice.state) + 1 :] if self.choice.state else STATES
            self.select(replace(self.choice, state=next((state for state in after if self.view.count(state)), None)))

    def action_sort(self) -> None:
        place = (COLUMNS.index(self.choice.column) + 1) % len(COLUMNS)
        self.select(replace(self.choice, column=COLUMNS[place], descending=False))

    def action_reverse(self) -> None:
        self.select(replace(self.choice, descending=not self.choice.descending))

    @on(TableHeader.Clicked)
    def _sort_by(self, event: TableHeader.Clicked) -> None:
        same = event.column == self.choice.column
        self.select(replace(self.choice, column=event.column, descending=same and not self.choice.descending))

    def action_find(self) -> None:
        self.field.display = True
        self.field.focus()

    def action_end_find(self) -> None:
        self.field.display = False
        self.field.value = ""
        self.table.focus()

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self.choice.words:
            self.select(replace(self.choice, words=event.value))

    @on(Input.Submitted)
    def _narrowed(self, event: Input.Submitted) -> None:
        event.stop()
        self.table.focus()

    def key_down(self) -> None:
        self.table.focus()

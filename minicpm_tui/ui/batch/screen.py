"""The screen of batches: the run's table, beside it the picture and the answer of the chosen row."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run import recent
from minicpm_tui.batch.run.extent import Extent
from minicpm_tui.batch.run.recent import BatchRun
from minicpm_tui.batch.run.view import OutputView
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.text import format_duration, one_line
from minicpm_tui.ui.batch.facts import Picture, facts, picture
from minicpm_tui.ui.batch.process import BatchProcess, found, process_of
from minicpm_tui.ui.batch.result_pane import ResultPane
from minicpm_tui.ui.batch.screen_commands import COMMANDS
from minicpm_tui.ui.batch.starting import ended, tell
from minicpm_tui.ui.batch.table import ResultTable
from minicpm_tui.ui.conversation.text import MarkdownText
from minicpm_tui.ui.files.preview import Preview
from minicpm_tui.ui.kit.commands import Commanded, bindings
from minicpm_tui.ui.kit.dialogs import Choice, Choose
from minicpm_tui.ui.kit.hint_bar import HintBar
from minicpm_tui.ui.kit.messages import CopyText, StartBatch

LOOK_SECONDS = 1.0
"""How often a growing output is looked at."""
REST_SECONDS = 0.15
"""The picture is looked for when the row has been chosen for so long: in a large input that is a long way."""


class BatchScreen(Commanded, Screen[None]):
    """Shows ``run``, or the newest one."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = """
    BatchScreen #state { height: auto; max-height: 5; padding: 0 1; background: $surface; }
    BatchScreen ResultPane { width: 3fr; }
    BatchScreen #side { width: 2fr; border-left: solid $border-blurred; }
    BatchScreen Preview { height: 40%; border-top: none; }
    BatchScreen #answer { height: 1fr; padding: 0 1; }
    """

    def __init__(self, run: BatchRun | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.run = run
        self.rows = ResultPane()
        self.process: BatchProcess | None = None
        self.words = ""
        self._total = 0

    @property
    def view(self) -> OutputView | None:
        """What is read of the run's output."""
        return self.rows.view

    @property
    def table(self) -> ResultTable:
        """The rows."""
        return self.rows.table

    def compose(self) -> ComposeResult:
        yield Static(id="state", markup=False)
        with Horizontal():
            yield self.rows
            with Vertical(id="side"):
                yield Preview()
                with VerticalScroll(id="answer", can_focus=False):
                    yield Static(id="facts", markup=False)
                    yield MarkdownText(id="text")
        yield HintBar()

    async def on_mount(self) -> None:
        self.table.focus()
        if self.run is None:
            self.run = next(iter(await asyncio.to_thread(recent.runs)), None)
        if self.run is not None:
            self.open_run(self.run)
        else:
            self._say(_("no batch has run here yet: n starts one, and so does minicpm-tui batch FOLDER -o OUT.jsonl"))
        self.set_interval(LOOK_SECONDS, self.look)

    def open_run(self, run: BatchRun) -> None:
        """Show another run."""
        self.run, self.words, self._total = run, "", run.total
        self.rows.open(OutputView(Path(run.output)))
        process = self.process = process_of(run)
        if process.running:
            self._follow(process)
        elif process.status is not None:
            self.words = ended(process)
        self.call_later(self.look)

    async def look(self) -> None:
        """Read what the output has got since; a run that has just begun may have none yet."""
        process = self.process
        if process is None:
            return
        if not process.running:
            elsewhere = await asyncio.to_thread(found, process.run)
            if elsewhere is not None and self.process is process and not process.running:
                process = self.process = elsewhere
                self._follow(process)
        if process.running:
            self._say(process.told(self._answers))
        if not (process.running or process.words) or await asyncio.to_thread(Path(process.run.output).exists):
            await self.rows.look()
        noted = await asyncio.to_thread(recent.noted, Path(process.run.output))
        if noted is not None and self.process is process and noted.total != self._total:
            self._total = noted.total
            self._say()

    @on(ResultPane.Shown)
    def _shown(self, event: ResultPane.Shown) -> None:
        process = self.process
        told = process.told(self._answers) if process is not None and process.running else None
        self._say(event.problem or told)
        self.refresh_bindings()

    @property
    def _answers(self) -> int:
        """How many requests the output answers, the failed ones among them."""
        return len(self.view) if self.view is not None else 0

    def _say(self, words: str | None = None) -> None:
        """The line on top: the run and how it stands, and ``words`` on what is under way."""
        self.words = self.words if words is None else words
        parts = [self.words]
        if self.run is not None and self.view is not None:
            failed = self.view.count("failed")
            runs = self.process is not None and self.process.running
            says_failed = runs and self.process is not None and self.process.far is not None
            unfinished = not runs and len(self.view) < self._total
            parts = [
                one_line(Path(self.run.output).name, 40),
                ngettext("{count} answer", "{count} answers", len(self.view) - failed).format(count=len(self.view) - failed),
                "" if says_failed else ngettext("{count} failed", "{count} failed", failed).format(count=failed),
                _("{done} of {total} asked").format(done=len(self.view), total=self._total) if unfinished else "",
                *self.rows.words,
                self.words,
            ]
        self.query_one("#state", Static).update(" · ".join(part for part in parts if part))

    @on(ResultTable.Highlighted)
    def _highlighted(self) -> None:
        result = self.table.result
        self.query_one("#facts", Static).update(facts(result) if result else "")
        self.query_one("#text", MarkdownText).update(result.text if result else "")
        self.query_one("#answer").scroll_home(animate=False)
        self._find_picture(result)

    @work(exclusive=True, group="picture")
    async def _find_picture(self, result: Result | None) -> None:
        preview, told, run = self.query_one(Preview), self.query_one("#facts", Static), self.run
        found = Picture()
        if result is not None and run is not None:
            await asyncio.sleep(REST_SECONDS)
            found = await asyncio.to_thread(picture, run, result)
            if not self.is_attached:  # it was left meanwhile
                return
            told.update(facts(result, found.why))
        preview.display = found.path is not None
        preview.show(found.path)

    def action_close(self) -> None:
        self.app.pop_screen()

    def action_copy(self) -> None:
        if (result := self.table.result) is not None:
            self.app.post_message(CopyText(result.text or result.error or "", _("the answer")))

    @work(exclusive=True, group="choose")
    async def action_choose(self) -> None:
        runs = await asyncio.to_thread(recent.runs)
        choices = await asyncio.to_thread(lambda: [Choice(run.output, run.output, _standing(run)) for run in runs])
        chosen = await self.app.push_screen_wait(Choose(_("Batches"), choices, current=self.run.output if self.run else ""))
        for run in runs:
            if run.output == chosen:
                self.open_run(run)

    def action_new(self) -> None:
        self.app.post_message(StartBatch())

    def action_retry(self) -> None:
        if self.process is not None:
            self.process = process_of(self.process.run)
            self.process.start(lambda news: tell(self.app, news))
            self._follow(self.process)

    @work(group="stop")
    async def action_stop(self) -> None:
        if self.process is not None:
            self._say(_("stopping…"))
            await self.process.stop()

    @work(exclusive=True, group="follow")
    async def _follow(self, process: BatchProcess) -> None:
        """Say how it goes, also when it began before this screen was opened, and how it ends."""
        self._say(process.told(self._answers))
        self.refresh_bindings()
        await process.wait()
        if process is not self.process:
            return
        await self.look()
        self._say(ended(process))
        self.refresh_bindings()


def _standing(run: BatchRun) -> str:
    """When it was begun, and how far it has come where that is not the end. Blocks."""
    extent = Extent(run).look()
    far = _("{done} of {total} asked").format(done=extent.done, total=extent.total) if extent.left else ""
    ago = _("{time} ago").format(time=format_duration(time.time() - run.at))
    return " · ".join(filter(None, (far, ago)))

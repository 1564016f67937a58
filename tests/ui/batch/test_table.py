"""The table of a run: sorted, narrowed, and followed while it grows."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from minicpm_tui.batch.output.jsonl import Output
from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run import recent
from minicpm_tui.batch.run.recent import BatchRun
from minicpm_tui.messages import Usage
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.batch.header import TableHeader
from minicpm_tui.ui.batch.screen import BatchScreen
from tests.waiting import until

RESULTS = (
    Result(id="p10.png", index=0, text="A grey cat.", finish_reason="stop", usage=Usage(10, 4), seconds=3.0),
    Result(id="p2.png", index=1, text="A dog and", finish_reason="length", usage=Usage(10, 9), seconds=1.0),
    Result(id="p3.png", index=2, error="The server hung up", seconds=2.0),
    Result(id="p1.png", index=3, text="", finish_reason="stop", usage=Usage(10, 1), seconds=4.0),
)


@pytest.fixture
def run(tmp_path: Path) -> BatchRun:
    output = tmp_path / "out.jsonl"
    with Output(output) as out:
        out.write(RESULTS)
    recent.remember(output, ())
    return recent.runs()[0]


async def opened(pilot: Pilot[int], run: BatchRun) -> BatchScreen:
    screen = BatchScreen(run)
    await pilot.app.push_screen(screen)
    await until(lambda: len(screen.table.items) == len(RESULTS), pilot)
    return screen


def rows(screen: BatchScreen) -> list[str]:
    """The rows as they are drawn."""
    return [screen.table.draw(item, 0, 70, chosen=False).text for item in screen.table.items]


def names(screen: BatchScreen) -> list[str]:
    """The numbers of the pictures, from the top down."""
    return [row.split()[1].removesuffix(".png") for row in rows(screen)]


async def test_each_column_sorts_and_the_cursor_stays_on_its_row(run: BatchRun) -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot, run)
        await pilot.press("down")
        for wanted in (
            ["p3", "p2", "p1", "p10"],  # by state: failed, cut off, empty, whole
            ["p1", "p2", "p3", "p10"],  # by id, numbers as numbers
            ["p1", "p2", "p10", "p3"],  # by answer or error
            ["p3", "p1", "p10", "p2"],  # by tokens
            ["p2", "p3", "p10", "p1"],  # by time
            ["p10", "p2", "p3", "p1"],  # as they came
        ):
            await pilot.press("s")
            await until(lambda wanted=wanted: names(screen) == wanted, pilot)  # type: ignore[misc]
            assert screen.table.result == RESULTS[1]
        await pilot.press("S")
        await until(lambda: names(screen) == ["p1", "p3", "p2", "p10"], pilot)


async def test_a_click_on_a_column_sorts_by_it_and_another_turns_it(run: BatchRun) -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot, run)
        header = screen.query_one(TableHeader)
        line = str(header.render())
        await pilot.click(header, offset=(line.index("tokens"), 0))
        await until(lambda: names(screen) == ["p3", "p1", "p10", "p2"], pilot)
        assert "▲tokens" in str(header.render())
        await pilot.click(header, offset=(line.index("tokens"), 0))
        await until(lambda: names(screen) == ["p2", "p10", "p1", "p3"], pilot)
        assert "▼tokens" in str(header.render())


async def test_states_and_words_narrow_the_rows_also_those_that_come_later(run: BatchRun) -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot, run)
        for wanted in (["p3"], ["p2"], ["p1"], ["p10"], ["p10", "p2", "p3", "p1"]):
            await pilot.press("f")
            await until(lambda wanted=wanted: names(screen) == wanted, pilot)  # type: ignore[misc]
        await pilot.press("slash", *"CAT", "enter")
        await until(lambda: names(screen) == ["p10"], pilot)
        await until(lambda: "1 with “CAT”" in str(screen.query_one("#state", Static).render()), pilot)
        assert screen.focused is screen.table
        with Output(Path(run.output)) as out:
            out.write([Result(id="p7.png", index=4, text="Two cats."), Result(id="p8.png", index=5, text="A fish.")])
        await until(lambda: names(screen) == ["p10", "p7"], pilot)
        await pilot.press("slash", "escape")
        await until(lambda: len(screen.table.items) == len(RESULTS) + 2, pilot)
        assert pilot.app.screen is screen

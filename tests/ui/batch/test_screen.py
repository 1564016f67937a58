"""The screen of batches: table, picture and answer, failures, trying again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from minicpm_tui.batch.output.jsonl import Output, read_results
from minicpm_tui.batch.records import Result
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.batch.commands import COMMANDS
from minicpm_tui.ui.batch.process import running
from minicpm_tui.ui.batch.screen import BatchScreen
from minicpm_tui.ui.conversation.text import MarkdownText
from minicpm_tui.ui.files.preview import Preview
from tests.batch.conftest import batch, fill_folder, png
from tests.waiting import until

ROWS = 6


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of five good pictures and a bad one."""
    monkeypatch.chdir(tmp_path)
    fill_folder(tmp_path / "in", ROWS - 1)
    (tmp_path / "in" / "bad.png").touch()
    with serving(DemoOptions(tokens_per_second=0, reply="A [b]picture[/b].")) as server:
        assert batch("in", "-o", "out.jsonl", "--prompt", "What?", "--url", server.url, "--concurrency", "1") == 1
    return tmp_path / "out.jsonl"


@pytest.fixture
def empty_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of two requests that were answered with nothing."""
    monkeypatch.chdir(tmp_path)
    fill_folder(tmp_path / "in", 2)
    with serving(DemoOptions(tokens_per_second=0, reply="")) as server:
        assert batch("in", "-o", "out.jsonl", "--prompt", "What?", "--url", server.url) == 0


@pytest.fixture
def mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoServer]:
    """A run of two good pictures and a bad one that has become good since; its server still answers."""
    monkeypatch.chdir(tmp_path)
    fill_folder(tmp_path / "in", 2)
    (tmp_path / "in" / "bad.png").touch()
    with serving(DemoOptions(tokens_per_second=0, reply="A picture.")) as server:
        run = ("in", "-o", "out.jsonl", "--prompt", "What?", "--no-thinking", "--url", server.url)
        assert batch(*run) == 1
        (tmp_path / "in" / "bad.png").write_bytes(png(3))
        yield server


async def opened(pilot: Pilot[int], rows: int = ROWS) -> BatchScreen:
    screen = BatchScreen()
    await pilot.app.push_screen(screen)
    await until(lambda: len(screen.table.items) == rows, pilot)
    return screen


def shown(screen: BatchScreen, where: str) -> str:
    return str(screen.query_one(where, Static).render())


def read(screen: BatchScreen) -> list[str]:
    """The lines of the answer."""
    return [line.text for line in screen.query_one(MarkdownText).lines(40)]


async def test_rows_their_answers_and_pictures(output: Path) -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot)
        assert "out.jsonl · 5 answers · 1 failed" in shown(screen, "#state")
        for result in read_results(output):
            await until(lambda result=result: shown(screen, "#facts").startswith(result.id), pilot)  # type: ignore[misc]
            if result.error is None:
                await until(lambda: read(screen) == ["A [b]picture[/b]."], pilot)
                await until(lambda: "8×6" in screen.query_one(Preview).caption, pilot)
            else:
                await until(lambda: "empty" in shown(screen, "#facts"), pilot)
            await pilot.press("down")


async def test_the_chosen_row_can_be_read_and_cut_text_says_so(output: Path) -> None:
    with Output(output) as out:
        out.write([Result(id=f"{'long ' * 20}{number}", index=9, error="猫" * 90) for number in range(2)])
    async with MinicpmApp().run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot, ROWS + 2)
        await pilot.press("end")
        await until(lambda: screen.table.cursor == ROWS + 1, pilot)
        await until(lambda: screen.table.render_line(ROWS + 1).cell_length == screen.table.size.width, pilot)
        chosen, other = screen.table.render_line(ROWS + 1), screen.table.render_line(ROWS)
        assert len({(segment.style.color, segment.style.bgcolor) for segment in chosen if segment.style}) == 1
        assert len({segment.style.color for segment in other if segment.style}) > 1
        assert chosen.text.count("…") == 2


@pytest.mark.usefixtures("empty_answers")
async def test_an_answer_that_is_none_is_marked() -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot, 2)
        await until(lambda: "The reply is empty" in shown(screen, "#facts"), pilot)
        rows = [screen.table.draw(item, 0, 60, chosen=False).text for item in screen.table.items]
        assert all(row.startswith("■ ") and "The reply is empty" in row for row in rows)


async def test_failures_alone(output: Path) -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot)
        await pilot.press("f")
        await until(lambda: len(screen.table.items) == 1, pilot)
        assert screen.table.result is not None
        assert screen.table.result.error
        await until(lambda: "failures only" in shown(screen, "#state"), pilot)
        await pilot.press("f")
        await until(lambda: len(screen.table.items) == ROWS - 1, pilot)  # nothing is cut off or empty: whole answers
        await pilot.press("f")
        await until(lambda: len(screen.table.items) == ROWS, pilot)


async def test_how_it_stands_can_be_read_whole_on_80_columns(output: Path) -> None:
    async with MinicpmApp().run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        process = screen.process
        assert process is not None
        said = "The batch cannot run: /tmp/a/rather/long/path/out.jsonl is being written by another run (gpu-box:1234)"
        process.status, process.words = 1, f"minicpm-tui: {said} — wait for it to finish"
        assert screen.run is not None
        with patch("minicpm_tui.ui.batch.screen.process_of", lambda _run: process):
            screen.open_run(screen.run)
        await until(lambda: shown(screen, "#state").endswith(f"{said} — wait for it to finish"), pilot)
        line = screen.query_one("#state")
        await until(lambda: line.size.height == 3, pilot)
        drawn = " ".join(line.render_line(y).text.strip() for y in range(line.size.height))
        assert drawn.endswith("wait for it to finish")
        assert drawn.count("failed") == 1


async def test_a_growing_output_is_followed(output: Path) -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot)
        with Output(output) as out:
            out.write([Result(id="more", index=9, text="x")])
        await until(lambda: len(screen.table.items) == ROWS + 1, pilot)


async def test_what_failed_is_tried_again(mended: DemoServer) -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot, 3)
        await pilot.press("r")
        await until(lambda: "3 answers · 0 failed" in shown(screen, "#state"), pilot)
        await until(lambda: "all answered" in shown(screen, "#state"), pilot)
    assert len(mended.chats) == 3


@pytest.mark.usefixtures("mended")
async def test_trying_again_goes_on_when_the_screen_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go, python = tmp_path / "go", tmp_path / "python"
    python.write_text(
        f'#!/bin/sh\ncase "$*" in *--resume*) until [ -e {go} ]; do sleep 0.05; done;; esac\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))  # it takes as long as opening the screen again does
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot, 3)
        await pilot.press("r")
        await until(lambda: bool(running()), pilot)
        await pilot.press("escape")
        await until(lambda: pilot.app.screen is not screen, pilot)
        again = await opened(pilot, 3)
        assert again.process is screen.process
        assert running()
        go.touch()
        await until(lambda: "3 answers · 0 failed" in shown(again, "#state"), pilot)
        await until(lambda: "all answered" in shown(again, "#state"), pilot)


async def test_without_any_run_it_says_how_to_begin() -> None:
    async with MinicpmApp().run_test(size=(80, 24)) as pilot:
        command = COMMANDS[-1]
        assert command.when(pilot.app)
        await pilot.app.run_action(command.action)
        await until(lambda: isinstance(pilot.app.screen, BatchScreen), pilot)
        assert not command.when(pilot.app)
        screen = pilot.app.screen
        assert isinstance(screen, BatchScreen)
        await until(lambda: "minicpm-tui batch" in shown(screen, "#state"), pilot)
        await pilot.press("escape")
        assert pilot.app.screen is not screen


@pytest.fixture
def long_output(output: Path) -> Path:
    """The same with many more lines."""
    with output.open("ab") as file:
        file.write(output.read_bytes().splitlines(keepends=True)[-1] * 50_000)
    return output


async def test_of_many_rows_only_those_that_show_are_read(long_output: Path) -> None:
    async with MinicpmApp().run_test(size=(100, 24)) as pilot:
        screen = await opened(pilot, 50_000 + ROWS)
        await pilot.press("end")
        await until(lambda: screen.table.scroll_offset.y > 49_000, pilot)
        assert screen.table.cursor == 50_000 + ROWS - 1
        assert len(screen.table._cache) < 1000


@pytest.fixture
def failed_first(output: Path) -> Path:
    """The same with the line that failed at the top."""
    failed, *good = sorted(output.read_bytes().splitlines(keepends=True), key=lambda line: b'"bad.png"' not in line)
    output.write_bytes(b"".join([failed, *good]))
    output.with_name("good").write_bytes(b"".join(good))
    return output


async def test_the_cursor_stays_on_its_result_when_failed_lines_are_taken_out(failed_first: Path) -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot)
        await pilot.press("down", "down")
        chosen = screen.table.result
        assert chosen is not None
        await asyncio.to_thread(failed_first.with_name("good").replace, failed_first)
        await until(lambda: len(screen.table.items) == ROWS - 1, pilot)
        assert screen.table.result == chosen


@pytest.fixture(params=[("in/a/p00000.png", "in/p00001.png"), ("lists/all.txt",), ("in",), ("./in/*/*",)])
def asked_elsewhere(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A run of pictures that were named from a folder which is the current one no more; how many rows it has."""
    monkeypatch.chdir(tmp_path)
    for folder in ("in/a", "lists", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "in/a/p00000.png").write_bytes(png(0))
    (tmp_path / "in/p00001.png").write_bytes(png(1))
    (tmp_path / "lists/all.txt").write_text("in/a/p00000.png\n")
    with serving(DemoOptions(tokens_per_second=0)) as server:
        ask = ("--prompt", "What?", "--url", server.url, "--concurrency", "1")
        assert batch(*request.param, "-o", "out.jsonl", *ask) == 0
    monkeypatch.chdir(tmp_path / "elsewhere")
    return len(list(read_results(tmp_path / "out.jsonl")))


async def test_pictures_are_found_from_another_folder_or_it_is_said_why_not(asked_elsewhere: int, tmp_path: Path) -> None:
    async with MinicpmApp().run_test(size=(120, 30)) as pilot:
        screen = await opened(pilot, asked_elsewhere)
        await until(lambda: "8×6" in screen.query_one(Preview).caption, pilot)
        for path in ("in/a/p00000.png", "in/p00001.png"):
            (tmp_path / path).unlink()
        again = await opened(pilot, asked_elsewhere)
        await until(lambda: "its picture cannot be shown: " in shown(again, "#facts"), pilot)
        assert not again.query_one(Preview).display

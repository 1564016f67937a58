"""A batch from the form to its end: what is asked, what is said meanwhile, leaving its screen and the program."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, RadioSet, Static, TextArea

from minicpm_tui.batch.output.jsonl import read_results
from minicpm_tui.batch.run import recent
from minicpm_tui.batch.run.holder import Holder, holder_of
from minicpm_tui.batch.run.recent import BatchRun
from minicpm_tui.config import load
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.files import FileLock
from minicpm_tui.servers import processes
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.batch.form import BatchForm
from minicpm_tui.ui.batch.process import BatchProcess, let_go, running
from minicpm_tui.ui.batch.screen import BatchScreen
from minicpm_tui.ui.batch.starting import ended
from minicpm_tui.ui.chat.status_line import StatusLine
from minicpm_tui.ui.files.pane import FilePane
from minicpm_tui.ui.kit.commands import live
from minicpm_tui.ui.kit.dialogs import Ask, Choose
from minicpm_tui.ui.kit.messages import StartBatch
from minicpm_tui.ui.kit.start_options import Launch
from tests.batch.conftest import fill_folder
from tests.waiting import until, wait_for


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return fill_folder(tmp_path / "pictures", 3)


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=0, reply="A picture.")) as running_server:
        yield running_server


@pytest.fixture
def slow_server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=2, reply="A picture of many colours.")) as running_server:
        yield running_server


def app_of(server: DemoServer) -> MinicpmApp:
    return MinicpmApp(Launch(load({"url": server.url})))


async def form_of(pilot: Pilot[int], *paths: Path) -> BatchForm:
    """The form, once it has looked for the pictures."""
    app = pilot.app
    assert isinstance(app, MinicpmApp)
    await until(lambda: app.chat.model.session is not None, pilot)
    app.post_message(StartBatch(paths))
    await until(lambda: isinstance(app.screen, BatchForm) and "found" in said(app.screen, "#found"), pilot)
    assert isinstance(app.screen, BatchForm)
    return app.screen


def said(screen: object, where: str) -> str:
    assert isinstance(screen, BatchForm | BatchScreen)
    label = screen.query_one(where)
    assert isinstance(label, Label | Static)
    return str(label.render())


def value(form: BatchForm, name: str) -> str:
    return form.query_one(f"#{name}", Input).value


async def test_marked_files_are_asked_about_in_one_batch_by_a_demo_server_of_its_own(pictures: Path) -> None:
    app = MinicpmApp(Launch(load({}), demo=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: app.chat.model.session is not None, pilot)
        await pilot.press("f2")
        await until(lambda: bool(app.chat.query(FilePane)), pilot)
        pane = app.chat.query_one(FilePane)
        pane.go_to(pictures)
        await until(lambda: len(pane.rows.rows) == 3, pilot)
        pane.file_tree.focus()
        await pilot.press("space", "space", "ctrl+g")
        await until(lambda: isinstance(app.screen, BatchForm) and "2 found" in said(app.screen, "#found"), pilot)
        await pilot.press("ctrl+s")
        await until(lambda: "write what to ask" in said(app.screen, "#problem"), pilot)
        await pilot.press(*"What is {stem}?", "ctrl+s")
        await until(lambda: isinstance(app.screen, BatchScreen), pilot)
        screen = app.screen
        assert isinstance(screen, BatchScreen)
        await until(lambda: len(screen.table.items) == 2, pilot)
        await until(lambda: "2 answers · 0 failed · all answered" in said(screen, "#state"), pilot)
    results = {result.id: result for result in read_results(pictures.with_name("pictures.jsonl"))}
    assert sorted(results) == ["pictures/p00000.png", "pictures/p00001.png"]
    assert all("8×6" in result.text for result in results.values())
    (run,) = recent.runs()
    assert "--prompt=What is {stem}?" in run.arguments
    assert "--demo" in run.arguments  # the program's own ends with it
    assert not any("--progress" in word for word in run.arguments)


async def test_a_table_that_asks_its_own_questions_needs_none(pictures: Path, server: DemoServer) -> None:
    table = pictures.with_name("asks.csv")
    table.write_text("image,text\npictures/p00000.png,What colour?\npictures/p00001.png,How many?\n")
    async with app_of(server).run_test(size=(120, 40)) as pilot:
        form = await form_of(pilot, pictures)
        area = form.query_one(TextArea)
        assert (area.placeholder, "{text}" in said(form, "#fields")) == ("", False)
        form.query_one("#pictures", Input).value = "asks.csv"
        await until(lambda: "2 found" in said(form, "#found"), pilot)
        assert "leave this empty" in str(area.placeholder)
        assert "{text}" in said(form, "#fields")
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(pilot.app.screen, BatchScreen), pilot)
        await until(lambda: "2 answers · 0 failed · all answered" in said(pilot.app.screen, "#state"), pilot)
    asked = [message["messages"][-1]["content"][-1]["text"] for message in server.chats]
    assert sorted(asked) == ["How many?", "What colour?"]


async def test_what_cannot_be_is_one_line_and_nothing_entered_is_lost(pictures: Path, server: DemoServer) -> None:
    (pictures / "p00001.txt").write_text("by hand")
    taken = pictures.with_name("taken.jsonl")
    taken.touch()
    async with app_of(server).run_test(size=(120, 40)) as pilot:
        form = await form_of(pilot, pictures)
        assert "3 found" in said(form, "#found")
        assert value(form, "output").endswith("/pictures.jsonl")
        form.query_one(TextArea).text = "What is {colour}?"
        form.query_one("#concurrency", Input).value = "many"
        await pilot.press("ctrl+s")
        await until(lambda: "1 to 4096" in said(form, "#problem"), pilot)
        form.query_one("#concurrency", Input).value = "2"
        await pilot.press("ctrl+s")
        await until(lambda: said(form, "#problem").startswith("the prompt uses {colour}"), pilot)
        assert "{caption}" in said(form, "#problem")
        form.query_one(TextArea).text = "What is it?"
        form.query_one("#output", Input).value = str(taken)
        await pilot.press("ctrl+s")
        await until(lambda: "taken.jsonl" in said(form, "#problem"), pilot)
        form.query_one("#output", Input).value = str(taken.with_name("free.jsonl"))
        form.query_one(RadioSet).query("RadioButton")[1].toggle()  # type: ignore[attr-defined]
        await pilot.press("ctrl+s")
        await until(lambda: "p00001.txt" in said(form, "#problem"), pilot)
        await pilot.press("escape")
        await until(lambda: pilot.app.screen is not form, pilot)
        form = await form_of(pilot)
        assert value(form, "pictures").endswith("/pictures")
        assert form.query_one(TextArea).text == "What is it?"
        assert value(form, "output").endswith("/free.jsonl")
        assert value(form, "concurrency") == "2"
        assert form.query_one(RadioSet).pressed_index == 1
    assert server.chats == []
    assert (pictures / "p00001.txt").read_text() == "by hand"


async def test_it_goes_on_beside_the_conversation_and_can_be_stopped(pictures: Path, slow_server: DemoServer) -> None:
    fill_folder(pictures, 60)
    app = app_of(slow_server)
    async with app.run_test(size=(120, 40)) as pilot:
        form = await form_of(pilot, pictures)
        form.query_one(TextArea).text = "What?"
        form.query_one("#concurrency", Input).value = "1"
        await pilot.press("ctrl+s")
        await until(lambda: isinstance(app.screen, BatchScreen) and bool(app.screen.table.items), pilot)
        screen = app.screen
        assert isinstance(screen, BatchScreen)
        await pilot.press("escape")
        await until(lambda: "/60" in app.chat.query_one(StatusLine).status.batch, pilot)
        await pilot.press("ctrl+q")
        await until(lambda: isinstance(app.screen, Ask), pilot)
        await pilot.press("escape")
        await pilot.app.push_screen(again := BatchScreen())
        await until(lambda: bool(again.table.items), pilot)
        await pilot.press("x")
        await until(lambda: "can be continued" in said(again, "#state"), pilot)
        assert not running()
        await until(lambda: app.chat.query_one(StatusLine).status.batch == "", pilot)
    lines = pictures.with_name("pictures.jsonl").read_bytes().splitlines(keepends=True)
    whole = list(read_results(pictures.with_name("pictures.jsonl")))
    assert 0 < len(whole) == len(lines) < 60


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command that says how far it is and goes on; the file has its process id."""
    pid, python = tmp_path / "pid", tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho '1/2, and so on' >&2\necho $$ >{pid}\nexec sleep 600\n")
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    return pid


def test_it_can_outlive_the_program(endless: Path, tmp_path: Path) -> None:
    process = BatchProcess(BatchRun(str(tmp_path / "out.jsonl"), (), str(tmp_path), time.time()))

    async def program() -> None:
        process.start(lambda _news: None)
        await until(lambda: process.far == (1, 2) and endless.exists() and bool(endless.read_text().strip()))
        let_go()

    asyncio.run(program())
    assert process._process is not None
    assert process._process.poll() is None
    os.kill(int(endless.read_text()), signal.SIGKILL)
    process._process.wait()


def test_it_is_stopped_also_where_ctrl_c_is_ignored(endless: Path, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(python.read_text().replace("echo '1/2", "trap '' INT\necho '1/2"))
    process = BatchProcess(BatchRun(str(tmp_path / "out.jsonl"), (), str(tmp_path), time.time()))

    async def program() -> None:
        process.start(lambda _news: None)
        await until(lambda: process.far == (1, 2) and endless.exists() and bool(endless.read_text().strip()))
        await process.stop()
        await process.wait()

    asyncio.run(program())
    assert process.status == -signal.SIGTERM


@pytest.fixture
def begun_elsewhere(pictures: Path, slow_server: DemoServer) -> Iterator[subprocess.Popen[bytes]]:
    """A run of 60 pictures that is no child of the program's, once it has an answer."""
    fill_folder(pictures, 60)
    output = pictures.with_name("out.jsonl")
    options = ("--prompt", "What?", "-o", "out.jsonl", "--concurrency", "1", "--url", slow_server.url)
    argv = [sys.executable, "-m", "minicpm_tui", "batch", "pictures", *options]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            wait_for(lambda: output.exists() and bool(list(read_results(output))))
            yield process
        finally:
            process.kill()


async def test_a_run_that_outlived_the_program_is_shown_with_its_progress_and_can_be_stopped(
    begun_elsewhere: subprocess.Popen[bytes],
) -> None:
    async with MinicpmApp(Launch(load({"url": "127.0.0.1:9"}))).run_test(size=(120, 40)) as pilot:
        await pilot.app.push_screen(screen := BatchScreen())
        await until(lambda: "/60" in said(screen, "#state") and " 0 answers" not in said(screen, "#state"), pilot)
        assert re.search(r" (\d+) answers? .*: \1/60$", said(screen, "#state"))
        can = {entry.command.action for entry in live(screen) if entry.possible}
        assert "stop" in can
        assert "retry" not in can
        await pilot.press("x")
        await until(lambda: begun_elsewhere.poll() is not None, pilot)
        await until(lambda: "can be continued" in said(screen, "#state"), pilot)
        assert "retry" in {entry.command.action for entry in live(screen) if entry.possible}
    assert begun_elsewhere.poll() == 128 + signal.SIGTERM
    assert 0 < len(list(read_results(Path("out.jsonl")))) < 60


async def test_a_run_that_outlived_the_program_is_told_of_in_the_conversation(
    begun_elsewhere: subprocess.Popen[bytes], slow_server: DemoServer
) -> None:
    app = app_of(slow_server)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(lambda: re.search(r" [1-9]\d*/60$", app.chat.query_one(StatusLine).status.batch) is not None, pilot)
        begun_elsewhere.terminate()
        await until(lambda: app.chat.query_one(StatusLine).status.batch == "", pilot)
        await pilot.app.push_screen(screen := BatchScreen())
        answers = len(list(read_results(Path("out.jsonl"))))
        await until(lambda: f"{answers} of 60 asked" in said(screen, "#state"), pilot)
        await pilot.press("o")
        await until(lambda: isinstance(app.screen, Choose), pilot)
        await until(lambda: f"{answers} of 60 asked" in pilot.app.export_screenshot().replace("&#160;", " "), pilot)


def test_a_process_that_has_not_the_lock_open_is_not_taken_for_the_run(home: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    recent.folder().mkdir(parents=True)
    with FileLock(recent.lock(output)):
        assert holder_of(output) == Holder(os.getpid(), processes.stat(os.getpid()).start)  # type: ignore[union-attr] # it runs
    assert holder_of(output) is None
    for left in ("", "garbage", f"elsewhere:{os.getpid()}", f"{socket.gethostname()}:{os.getpid()}", f"{socket.gethostname()}:²"):
        recent.lock(output).write_text(left)
        assert holder_of(output) is None


@pytest.mark.parametrize(
    ("said_last", "words"),
    [
        ("minicpm-tui: No server: none here — start one with minicpm-tui serve, or try --demo", "No server: none here"),
        ("minicpm-tui: It is being written — wait for it to finish", "It is being written — wait for it to finish"),
        ("1 request failed — its line says why; --resume asks again", "done; what failed can be asked again"),
    ],
)
def test_how_it_ended_is_said_without_options_of_the_shell(said_last: str, words: str) -> None:
    process = BatchProcess(BatchRun("out.jsonl", (), ".", 0.0))
    process.words, process.status = said_last, 1
    assert ended(process) == words


async def test_pictures_that_disappear_meanwhile_are_said_not_to_be_asked(pictures: Path) -> None:
    fill_folder(pictures, 200)
    with serving(DemoOptions(tokens_per_second=50, reply="A picture of many colours.")) as server:
        async with (app := app_of(server)).run_test(size=(120, 40)) as pilot:
            form = await form_of(pilot, pictures)
            form.query_one(TextArea).text = "What?"
            form.query_one("#concurrency", Input).value = "1"
            await pilot.press("ctrl+s")
            await until(lambda: isinstance(app.screen, BatchScreen) and bool(app.screen.table.items), pilot)
            screen = app.screen
            await asyncio.to_thread(pictures.rename, pictures.with_name("elsewhere"))
            await until(lambda: "not asked" in said(screen, "#state"), pilot)
            left = 200 - len(list(read_results(pictures.with_name("pictures.jsonl"))))
            assert f"{left} requests were not asked: the input has changed" in said(screen, "#state")
            assert "done" not in said(screen, "#state")


async def test_a_server_that_dies_is_said_at_once_and_the_end_keeps_what_was_answered(pictures: Path, home: Path) -> None:
    fill_folder(pictures, 200)
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "config.toml").write_text("stall_seconds = 6\n")
    with ExitStack() as up:
        server = up.enter_context(serving(DemoOptions(tokens_per_second=50, reply="A picture of many colours.")))
        async with (app := app_of(server)).run_test(size=(120, 40)) as pilot:
            form = await form_of(pilot, pictures)
            form.query_one(TextArea).text = "What?"
            form.query_one("#concurrency", Input).value = "4"
            await pilot.press("ctrl+s")
            await until(lambda: isinstance(app.screen, BatchScreen) and "requests/s" in said(app.screen, "#state"), pilot)
            screen = app.screen
            await asyncio.to_thread(up.close)
            told: list[str] = []

            def stopped() -> bool:
                told.append(said(screen, "#state"))
                return "has stopped" in told[-1]

            await until(stopped, pilot)
    assert "no server has answered for 6 s" in told[-1]
    assert "what was answered is kept, and the batch can be continued" in told[-1]
    waits = [line for line in told if "waiting for the server" in line]
    assert all(line in waits for line in told[told.index(waits[0]) : -1])
    left = re.findall(r"/200, waiting for the server: .*; tried for 0:0(\d) more", "\n".join(dict.fromkeys(waits)))
    assert len(set(left)) > 1

"""Many files that come together are one row: unfolded by a key, removed by one, sent one after another as before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from textual.app import App, ComposeResult
from textual.widgets import Input

from minicpm_tui.chat.preparer import Preparer
from minicpm_tui.families import by_id
from minicpm_tui.media import MediaLimits, expand
from minicpm_tui.ui.attachments.adjust import Adjust
from minicpm_tui.ui.attachments.tray import Tray
from minicpm_tui.ui.viewer.screen import Viewer
from tests.waiting import until

LIMITS = MediaLimits(family=by_id("minicpm-v-2.6"))


class TrayApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Tray(Preparer())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "grey", "hint-key": "yellow"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Seven pictures."""
    place = tmp_path / "trip"
    place.mkdir()
    for number in range(7):
        Image.new("RGB", (64, 48), (number, 0, 0)).save(place / f"{number}.png")
    return place


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Six pages."""
    first, *others = [Image.new("RGB", (50, 70), "white") for _ in range(6)]
    first.save(tmp_path / "book.pdf", save_all=True, append_images=others)
    return tmp_path / "book.pdf"


def use(tray: Tray) -> None:
    """A model and server with ``LIMITS`` are known now."""
    tray.preparer.limits = LIMITS
    tray.limits_changed()


def rows(tray: Tray) -> list[str]:
    return [str(option.prompt) for option in tray.options]


def ready(tray: Tray, count: int) -> Callable[[], bool]:
    return lambda: len(tray.attachments) == count and all(attachment.done.is_set() for attachment in tray.attachments)


async def test_a_folder_is_a_row_that_unfolds_and_goes_as_one(folder: Path) -> None:
    app = TrayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        tray = app.query_one(Tray)
        use(tray)
        tray.attach([str(folder)])
        await until(ready(tray, 7), pilot)
        await until(lambda: rows(tray) == ["✕ ▣ 7 pictures  483 tokens · ▸"], pilot)
        tray.enter()
        await pilot.press("space")
        assert [row.split()[2] for row in rows(tray)] == ["7", *(f"{number}.png" for number in range(7))]
        await pilot.press("down", "down", "delete")
        assert [attachment.name for attachment in tray.attachments] == [f"{number}.png" for number in (0, 2, 3, 4, 5, 6)]
        await pilot.press("home", "space")
        assert len(rows(tray)) == 1
        assert "6 pictures" in rows(tray)[0]
        await pilot.press("delete")
        assert tray.attachments == []
        assert not tray.display


async def test_all_of_a_row_can_be_looked_at_and_backspace_takes_it_off(folder: Path) -> None:
    app = TrayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        tray = app.query_one(Tray)
        use(tray)
        tray.attach([f"{folder}/*.png"])
        await until(ready(tray, 7), pilot)
        tray.enter()
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, Viewer), pilot)
        assert isinstance(app.screen, Viewer)
        assert len(app.screen.views) == 7
        await pilot.press("escape")
        tray.remove_last()
        assert tray.attachments == []


async def test_few_files_have_a_row_each(folder: Path) -> None:
    app = TrayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        tray = app.query_one(Tray)
        tray.attach([str(folder / f"{number}.png") for number in range(3)])
        await until(lambda: len(rows(tray)) == 3, pilot)


async def test_what_cannot_be_sent_of_a_row_is_shown(folder: Path) -> None:
    (folder / "8.png").write_bytes((folder / "0.png").read_bytes()[:60])
    app = TrayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        tray = app.query_one(Tray)
        use(tray)
        tray.attach([str(folder)])
        await until(ready(tray, 8), pilot)
        await until(lambda: "1 cannot be sent" in rows(tray)[0], pilot)
        tray.enter()
        assert tray.highlighted == 8
        await pilot.press("delete")
        assert "cannot" not in rows(tray)[0]
        assert len(tray.attachments) == 7


async def test_the_pages_of_a_document_are_chosen_together(book: Path) -> None:
    app = TrayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        tray = app.query_one(Tray)
        use(tray)
        tray.attach([str(book)])
        await until(ready(tray, 6), pilot)
        assert "book.pdf  pages 1-6" in rows(tray)[0]
        kept = tray.attachments[2]
        tray.enter()
        await pilot.press("a")
        await until(lambda: isinstance(app.screen, Adjust), pilot)
        app.screen.query_one("#pages").focus()
        await pilot.press("home", *["delete"] * 3, *"2-3,5", "enter")
        await until(lambda: not isinstance(app.screen, Adjust), pilot)
        await until(ready(tray, 3), pilot)
        assert [attachment.spec.page for attachment in tray.attachments] == [2, 3, 5]
        assert tray.attachments[1] is kept
        assert "book.pdf  pages 2-3,5" in rows(tray)[0]


async def test_what_a_draft_keeps_of_a_file_names_it_whole(book: Path) -> None:
    app = TrayApp()
    async with app.run_test():
        tray = app.query_one(Tray)
        tray.attach([f"{book}#page=2-3"])
        await until(lambda: len(tray.attachments) == 2)
        written = [attachment.written for attachment in tray.attachments]
        assert expand(written) == [attachment.spec for attachment in tray.attachments]


async def test_a_piece_is_adjusted_with_the_others(tmp_path: Path) -> None:
    Image.new("RGB", (100, 900), "white").save(tmp_path / "a.png")
    app = TrayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        tray = app.query_one(Tray)
        use(tray)
        tray.add(expand([f"{tmp_path}/a.png#pieces=3"]))
        await until(ready(tray, 3))
        assert ["1/3" in row for row in rows(tray)] == [True, False, False]
        tray.enter()
        await pilot.press("a")
        await until(lambda: isinstance(app.screen, Adjust))
        app.screen.query_one("#pieces", Input).value = "2"
        await pilot.press("ctrl+s")
        await until(ready(tray, 2))
        assert [attachment.spec.piece for attachment in tray.attachments] == [1, 2]

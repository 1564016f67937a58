"""The file picker: what it lists, how it filters, and that ten thousand files are no trouble."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from textual.app import App, ComposeResult
from textual.widgets import Input

from minicpm_tui.ui.files import folder as listing
from minicpm_tui.ui.files.pane import FilePane
from minicpm_tui.ui.files.preview import Preview
from minicpm_tui.ui.kit.messages import Attach, StartBatch
from minicpm_tui.ui.terminal.graphics import kitty
from minicpm_tui.ui.terminal.graphics.query import Terminal
from minicpm_tui.ui.terminal.paintings import Drawing
from tests.waiting import until


class PaneApp(Drawing, App[None]):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.attached: list[tuple[str, ...]] = []
        self.for_batch: list[tuple[Path, ...]] = []

    def compose(self) -> ComposeResult:
        yield FilePane(self.folder)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "grey", "hint-key": "yellow"}

    def on_attach(self, event: Attach) -> None:
        self.attached.append(event.what)

    def on_start_batch(self, event: StartBatch) -> None:
        self.for_batch.append(event.paths)


def names(app: PaneApp) -> list[str]:
    return [row.entry.shown for row in app.query_one(FilePane).rows.rows]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "place"
    (place / "trip" / "day 1").mkdir(parents=True)
    Image.linear_gradient("L").resize((40, 20)).save(place / "b.png")
    for path in ("a.JPG", "notes.txt", ".hidden.png", "trip/c.mp4", "trip/day 1/sea view.webp"):
        (place / path).write_bytes(b"x")
    return place


async def test_shows_folders_and_what_can_be_sent(folder: Path) -> None:
    app = PaneApp(folder)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 3, pilot)
        assert names(app) == ["trip", "a.JPG", "b.png"]
        app.query_one(FilePane).file_tree.focus()
        await pilot.press("full_stop")
        await until(lambda: len(names(app)) == 4, pilot)
        assert ".hidden.png" in names(app)


async def test_unfold_mark_and_attach_several(folder: Path) -> None:
    app = PaneApp(folder)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 3, pilot)
        app.query_one(FilePane).file_tree.focus()
        await pilot.press("right")
        await until(lambda: len(names(app)) == 5, pilot)
        assert names(app) == ["trip", "day 1", "c.mp4", "a.JPG", "b.png"]
        await pilot.press("down", "down", "space", "space", "enter")
        await pilot.pause()
        assert app.attached == [(str(folder / "trip" / "c.mp4"), str(folder / "a.JPG"))]


async def test_the_filter_finds_files_below(folder: Path) -> None:
    app = PaneApp(folder)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 3, pilot)
        app.query_one(FilePane).file_tree.focus()
        await pilot.press("s", "e", "a")
        await until(lambda: names(app) == ["trip/day 1/sea view.webp"], pilot)
        await pilot.press("escape")
        await until(lambda: len(names(app)) == 3, pilot)


async def test_a_path_goes_there_and_a_wrong_one_is_said(folder: Path) -> None:
    app = PaneApp(folder)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 3, pilot)
        field = app.query_one(Input)
        field.focus()
        field.value = str(folder / "trip")
        await pilot.press("enter")
        await until(lambda: names(app) == ["day 1", "c.mp4"], pilot)
        await pilot.press("backspace")
        await until(lambda: names(app) == ["trip", "a.JPG", "b.png"], pilot)
        field.focus()
        wrong = str(folder / "trap")
        field.value = wrong
        await pilot.press("enter")
        await until(lambda: len(app._notifications) == 1, pilot)
        assert [notice.message for notice in app._notifications] == [f"There is no file or folder {wrong}"]
        assert app.query_one(FilePane).rows.root == folder
        await until(lambda: field.has_focus, pilot)
        assert field.value == wrong  # to be mended
        field.value = str(folder / "b.png")
        await pilot.press("enter")
        await until(lambda: names(app) == ["trip", "a.JPG", "b.png"], pilot)
        row = app.query_one(FilePane).file_tree.current
        assert row is not None
        assert row.entry.path == folder / "b.png"


async def test_what_a_path_could_become_is_listed_and_tab_completes_it(folder: Path) -> None:
    (folder / "trash").mkdir()
    app = PaneApp(folder)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 4, pilot)
        field = app.query_one(Input)
        field.focus()
        await pilot.press(*"./T")
        await until(lambda: names(app) == ["trash", "trip"], pilot)
        await pilot.press("tab")
        await until(lambda: field.value == "./tr" and field.has_focus, pilot)
        await pilot.press("i", "tab")
        await until(lambda: field.value == "./trip/", pilot)
        await pilot.press("enter")
        await until(lambda: app.query_one(FilePane).rows.root == folder / "trip", pilot)
        assert not app._notifications


async def test_the_highlighted_picture_is_previewed(folder: Path) -> None:
    app = PaneApp(folder)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 3, pilot)
        app.query_one(FilePane).file_tree.stand(2)
        preview = app.query_one(Preview)
        await until(lambda: "40×20" in preview.caption, pilot)
        await until(lambda: any("▄" in preview.render_line(y).text for y in range(preview.size.height)), pilot)


async def test_ten_thousand_files(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number:05}.png").touch()
    app = PaneApp(tmp_path)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 10_000, pilot)
        tree = app.query_one(FilePane).file_tree
        tree.focus()
        await pilot.press("end")
        await until(lambda: tree.cursor == 9_999, pilot)
        await until(lambda: "09999.png" in "".join(tree.render_line(y).text for y in range(tree.size.height)), pilot)


async def test_names_that_could_steer_the_terminal_are_shown_safely(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\nb.png").touch()
    app = PaneApp(tmp_path)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 1, pilot)
        assert "a␛[31m b.png" in app.query_one(FilePane).file_tree.render_line(0).text


def test_search_ends_when_it_is_told_to(folder: Path) -> None:
    assert listing.search(folder, "png", stop=lambda: True) == ()
    assert [entry.shown for entry in listing.search(folder, "TRIP mp4")] == ["trip/c.mp4"]


async def test_sizes_are_whole_beside_a_scrollbar(folder: Path) -> None:
    for number in range(60):
        (folder / f"{number:02}.png").write_bytes(b"x" * 1500)
    app = PaneApp(folder)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: app.query_one(FilePane).file_tree.show_vertical_scrollbar, pilot)
        await until(lambda: "1.5 kB" in screen_text(app), pilot)


async def test_why_a_file_cannot_be_sent_is_shown_whole(folder: Path) -> None:
    (folder / "0.png").write_text("no picture at all")
    app = PaneApp(folder)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 4, pilot)
        app.query_one(FilePane).file_tree.focus()
        await pilot.press("down")
        await until(lambda: "picture" in app.query_one(Preview).caption, pilot)
        await until(lambda: "pictures, videos and PDFs" in " ".join(screen_text(app).split()), pilot)
        await until(lambda: "can be sent" in " ".join(screen_text(app).split()), pilot)


async def previewed(folder: Path, terminal: Terminal) -> tuple[str, str]:
    """What is drawn of the folder's first file, and its caption."""
    app = PaneApp(folder)
    app.terminal = terminal
    async with app.run_test(size=(40, 30)) as pilot:
        await until(lambda: names(app), pilot)
        app.query_one(FilePane).file_tree.focus()
        preview = app.query_one(Preview)
        await until(lambda: preview.caption, pilot)
        rows = [preview.render_line(y).text for y in range(preview.size.height - 1)]
        return "".join(rows), preview.caption


async def test_the_preview_has_the_terminals_graphics_but_not_over_a_slow_line(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    Image.new("RGB", (400, 300), "blue").save(place / "a.png")
    drawn, _caption = await previewed(place, Terminal("kitty"))
    assert kitty.PLACEHOLDER in drawn
    assert "▄" not in drawn
    drawn, caption = await previewed(place, Terminal("kitty", slow=True))
    assert not drawn.strip()
    assert "400×300" in caption


async def test_the_preview_tells_the_pages(tmp_path: Path) -> None:
    pages = [Image.linear_gradient("L").resize((50, 70)) for _ in range(3)]
    place = tmp_path / "place"
    place.mkdir()
    pages[0].save(place / "book.pdf", save_all=True, append_images=pages[1:])
    drawn, caption = await previewed(place, Terminal())
    assert "▄" in drawn
    assert "PDF · 3 pages · " in caption


async def test_a_low_terminal_lists_files_rather_than_a_preview(folder: Path) -> None:
    app = PaneApp(folder)
    async with app.run_test(size=(40, 10)) as pilot:
        await until(lambda: len(names(app)) == 3, pilot)
        app.query_one(FilePane).file_tree.focus()
        await pilot.press("end")
        await until(lambda: "40×20" in app.query_one(Preview).caption, pilot)
        await until(lambda: "40×20" in screen_text(app), pilot)
        await until(lambda: app.query_one(FilePane).file_tree.size.height == 7, pilot)


def screen_text(app: PaneApp) -> str:
    """What the terminal shows."""
    return "\n".join("".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips())


async def test_a_batch_is_of_the_marked_files_else_of_the_folder(folder: Path) -> None:
    app = PaneApp(folder)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(lambda: len(names(app)) == 3, pilot)
        app.query_one(FilePane).file_tree.focus()
        await pilot.press("ctrl+g", "down", "ctrl+g", "space", "space", "home", "ctrl+g")
        await until(lambda: len(app.for_batch) == 3, pilot)
        assert app.for_batch == [(folder / "trip",), (folder,), (folder / "a.JPG", folder / "b.png")]

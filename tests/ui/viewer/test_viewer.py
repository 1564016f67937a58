"""Pictures and frames can be looked at large, with the slices the model makes of them."""

from __future__ import annotations

import io
import shutil
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from rich.cells import cell_len
from textual.app import App
from textual.widgets import Static

from minicpm_tui import i18n
from minicpm_tui.families import recognise, sliced
from minicpm_tui.messages import Blob, Frame, ImagePart, MemoryBlobs, Source, VideoPart
from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.terminal.graphics.query import Terminal
from minicpm_tui.ui.terminal.graphics.symbols import BLOCKS, SYMBOLS, Blocks
from minicpm_tui.ui.terminal.paintings import Drawing
from minicpm_tui.ui.viewer.canvas import Canvas
from minicpm_tui.ui.viewer.screen import Viewer
from minicpm_tui.ui.viewer.views import View, views_of
from tests.waiting import until

FAMILY = recognise("openbmb/MiniCPM-V-2_6")


def encoded(colour: str, size: tuple[int, int] = (64, 48)) -> Blob:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return Blob(buffer.getvalue(), "image/jpeg")


@pytest.fixture
def views() -> list[View]:
    """A large picture, and a video of two frames."""
    picture, first, second = encoded("red", (1344, 896)), encoded("lime"), encoded("blue")
    blobs = MemoryBlobs({blob.sha256: blob for blob in (picture, first, second)})
    parts = (
        ImagePart("cat.jpg", picture.sha256, 1344, 896),
        VideoPart("v.mp4", (Frame(first.sha256, 0.0), Frame(second.sha256, 61.0)), width=64, height=48),
        ImagePart("from the web", source=Source(url="http://x/cat.jpg")),
    )
    return views_of(parts, blobs, FAMILY)


class Host(App[None]):
    terminal = Terminal("blocks")


async def drawn(app: Host) -> Canvas:
    """The canvas, once it shows something."""
    await app.workers.wait_for_complete()
    return app.screen.query_one(Canvas)


def test_what_there_is_to_see(views: list[View]) -> None:
    assert [(view.title, view.facts) for view in views] == [
        ("cat.jpg", "1344×896 · 6 slices (3×2)"),
        ("v.mp4", "2 frames · 64×48"),
        ("v.mp4", "frame 1 of 2 · at 0:00"),
        ("v.mp4", "frame 2 of 2 · at 1:01"),
    ]
    for view in views:
        with Image.open(io.BytesIO(view.load())) as picture:
            assert picture.size[0] > 0


def test_the_slices_are_those_of_the_server() -> None:
    picture = encoded("red", (1344, 896))
    part = ImagePart("cat.jpg", picture.sha256, 1344, 896)
    [view] = views_of([part], MemoryBlobs({picture.sha256: picture}), sliced(FAMILY, 2))
    assert view.facts == "1344×896 · 2 slices (2×1)"


async def test_stepping_goes_round(views: list[View]) -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        viewer = Viewer(views)
        await app.push_screen(viewer)
        await pilot.press("left")
        assert viewer.number == 3
        await pilot.press("right", "right")
        assert viewer.number == 1
        assert (await drawn(app)).drawn
        await pilot.press("escape")
        assert app.screen is not viewer


async def test_slices_are_offered_where_the_model_cuts(views: list[View]) -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        viewer = Viewer(views)
        await app.push_screen(viewer)
        plain = (await drawn(app)).render_line(10)
        await pilot.press("s")
        assert (await drawn(app)).render_line(10) != plain
        await pilot.press("right")
        assert not viewer.check_action("slices", ())


async def test_what_cannot_be_shown_is_said() -> None:
    app = Host()
    async with app.run_test(size=(60, 20)):
        await app.push_screen(Viewer([View("broken", "", lambda: b"no picture")]))
        canvas = await drawn(app)
        assert not canvas.drawn
        assert "cannot identify" in canvas.words


async def test_without_a_screen_the_system_viewer_is_refused_in_one_line(
    views: list[View], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/xdg-open")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        await app.push_screen(Viewer(views))
        await pilot.press("o")
        await app.workers.wait_for_complete()
        assert any("over SSH" in notice.message for notice in app._notifications)


async def test_a_sixel_picture_leaves_a_line_free_and_no_gap_in_the_ground(views: list[View]) -> None:
    app = MinicpmApp(terminal=Terminal("sixel", 4, 8))
    async with app.run_test(size=(60, 20)) as pilot:
        app.push_screen(Viewer(views))
        await until(lambda: app.screen.query_one(Canvas).drawn, pilot)
        canvas = app.screen.query_one(Canvas)
        rows = [canvas.render_line(y) for y in range(canvas.size.height)]
        pictured = [any("\x1b7" in (segment.style.link or "") for segment in row if segment.style) for row in rows]
        assert any(pictured)
        assert not pictured[-1], "konsole would scroll the screen"
        assert all(segment.style and segment.style.bgcolor for row in rows for segment in row), "the terminal's own would show"


async def test_each_slice_can_be_looked_at_as_the_model_gets_it(views: list[View]) -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        viewer = Viewer(views)
        await app.push_screen(viewer)
        await pilot.press("enter")
        await until(lambda: app.screen is not viewer)
        slices = app.screen
        assert isinstance(slices, Viewer)
        assert [view.facts for view in slices.views][:2] == ["overview · 546×364", "slice 1 of 6: row 1, column 1 · 448×448"]
        assert len(slices.views) == 7
        for view in slices.views:
            with Image.open(io.BytesIO(view.load())) as picture:
                assert f"{picture.width}×{picture.height}" in view.facts
        await pilot.press("right", "escape")
        await until(lambda: app.screen is viewer)
        await pilot.press("right", "enter")
        assert app.screen is viewer, "a video is not cut"


async def test_where_the_terminal_takes_no_picture_the_line_that_fetches_the_file_is_copied(tmp_path: Path) -> None:
    path = tmp_path / "cat.jpg"
    path.write_bytes(encoded("red").data)
    app = MinicpmApp()
    async with app.run_test() as pilot:
        app.push_screen(Viewer([View("cat.jpg", "64×48", path.read_bytes, source=path)]))
        await until(lambda: isinstance(app.screen, Viewer), pilot)
        await pilot.press("C")
        await until(lambda: app.clipboard.startswith("scp "), pilot)
        assert str(path) in app.clipboard


class DrawingHost(Drawing, App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.terminal = Terminal("blocks")


def symbols_of(app: App[None]) -> set[str]:
    canvas = app.screen.query_one(Canvas)
    return {character for y in range(canvas.size.height) for character in canvas.render_line(y).text}


def made_of(app: App[None], blocks: Blocks) -> bool:
    """The picture has symbols of these alone, and the caption names them."""
    own = set(SYMBOLS[blocks].characters) - set(SYMBOLS["half"].characters)
    shown = symbols_of(app)
    named = f'"{blocks}"' in str(app.screen.query_one("#caption", Static).content)
    return named and bool(shown & own) and shown <= own | set(SYMBOLS["half"].characters)


async def test_a_key_goes_through_the_ways_of_dividing_cells() -> None:
    buffer = io.BytesIO()
    Image.effect_noise((300, 300), 120).save(buffer, "PNG")
    app = DrawingHost()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.push_screen(Viewer([View("noise.png", "300×300", buffer.getvalue)]))
        await until(lambda: symbols_of(app) <= set(" ▀▄") and "▀" in symbols_of(app), pilot)
        for blocks in BLOCKS[1:]:
            await pilot.press("m")
            await until(partial(made_of, app, blocks), pilot)
        await pilot.press("m")
        await until(lambda: symbols_of(app) <= set(" ▀▄"), pilot)


async def test_over_a_slow_line_cells_stay_as_they_are(views: list[View]) -> None:
    app = DrawingHost()
    async with app.run_test(size=(100, 30)) as pilot:
        app.terminal = Terminal("blocks", slow=True)
        await app.push_screen(Viewer(views))
        await pilot.press("m")
        assert app.terminal.blocks == "half"


@pytest.mark.parametrize("language", ["en", "zh_CN"])
async def test_the_keys_are_all_there_in_eighty_columns(views: list[View], language: str) -> None:
    i18n.set_language(language)
    app = DrawingHost()
    async with app.run_test(size=(80, 24)):
        await app.push_screen(Viewer(views))
        keys = app.screen.query_one("#keys", Static)
        assert cell_len(str(keys.render())) <= keys.content_size.width

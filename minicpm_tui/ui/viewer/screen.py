"""The window that shows pictures and frames large."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import Static

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import N_, _
from minicpm_tui.media.markings import COLOURS
from minicpm_tui.messages.grounding import Region
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.commands import FILES, Command, Commanded, bindings
from minicpm_tui.ui.terminal.graphics.symbols import BLOCKS
from minicpm_tui.ui.terminal.paintings import terminal_of, use_blocks
from minicpm_tui.ui.viewer.canvas import Canvas
from minicpm_tui.ui.viewer.copying import copy_view, save_view
from minicpm_tui.ui.viewer.views import View


def _several(viewer: Viewer) -> bool:
    return len(viewer.views) > 1


def _cuts(viewer: Viewer) -> bool:
    return viewer.view.overlay is not None


def _sliced(viewer: Viewer) -> bool:
    return bool(viewer.view.slices)


def _has_file(viewer: Viewer) -> bool:
    return viewer.view.source is not None


def _saves(viewer: Viewer) -> bool:
    return terminal_of(viewer.app).iterm2


def _in_cells(viewer: Viewer) -> bool:
    terminal = terminal_of(viewer.app)
    return terminal.graphics == "blocks" and not terminal.slow


def _found(viewer: Viewer) -> bool:
    return viewer.view.marked is not None


COMMANDS = (
    Command("close", N_("Close"), N_("Close this window"), keys=("escape", "q"), hint=N_("Close"), palette=False),
    Command("step(1)", N_("Next picture"), N_("The next picture or frame"), ("right", "n", "space"), N_("Next"), FILES, _several),
    Command("step(-1)", N_("Previous picture"), N_("The previous picture or frame"), ("left", "p"), "", FILES, _several),
    Command("slices", N_("Slices"), N_("Show how the model slices the picture"), ("s",), N_("Slices"), FILES, _cuts),
    Command(
        "each_slice",
        N_("Each slice"),
        N_("See the overview and each slice as the model gets them"),
        ("enter",),
        "",
        FILES,
        _sliced,
    ),
    Command("regions", N_("Boxes"), N_("Show or hide where the reply says things are"), ("b",), N_("Boxes"), FILES, _found),
    Command(
        "cells",
        N_("Finer cells"),
        N_("Divide each cell more finely, or coarsely again: a terminal without such symbols shows boxes"),
        ("m",),
        "",
        FILES,
        _in_cells,
    ),
    Command(
        "copy",
        N_("Copy the picture"),
        N_("Copy it, as the model sees it, to the clipboard of your own machine"),
        ("c",),
        "",
        FILES,
    ),
    Command("copy_original", N_("Copy the original"), N_("Copy the file that it was made of"), ("C",), "", FILES, _has_file),
    Command("save", N_("Save on your own machine"), N_("Have iTerm2 save the file there"), ("S",), N_("Save"), FILES, _saves),
    Command("outside", N_("System viewer"), N_("Open it with the system's own viewer"), ("o",), N_("Open"), FILES),
)


class Viewer(Commanded, ModalScreen[None]):
    """Shows ``views`` one at a time, beginning with number ``first``."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = """
    Viewer { background: $background; }
    Viewer #caption { height: 1; background: $surface; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Viewer #keys { height: 1; color: $text-muted; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    number: reactive[int] = reactive(0, init=False)
    cut: reactive[bool] = reactive(default=False, init=False)
    marked: reactive[bool] = reactive(default=True, init=False)
    _chosen = ""

    def __init__(self, views: Sequence[View], first: int = 0) -> None:
        super().__init__()
        self.views = tuple(views)
        self.set_reactive(Viewer.number, first)

    @property
    def view(self) -> View:
        """The one that shows."""
        return self.views[self.number]

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(id="caption", markup=False)
            yield Canvas()
            yield Static(
                _("Esc closes · ← → · s slices · Enter each · b boxes · m cells · c copy · o open"),
                id="keys",
                markup=False,
            )

    def on_mount(self) -> None:
        self._show()

    def watch_number(self) -> None:
        self._show()

    def watch_cut(self) -> None:
        self._show()

    def watch_marked(self) -> None:
        self._show()

    def _show(self) -> None:
        place = f"{self.number + 1}/{len(self.views)}  " if len(self.views) > 1 else ""
        view = self.view
        drawing = view.overlay if self.cut and view.overlay else view.marked if self.marked else None
        legend = _legend(view.regions) if drawing is not None and drawing is view.marked else ()
        caption = Content.assemble(
            (self._chosen, "$text-warning"), (place, "$text-muted"), (view.title, "bold"), f"  {view.facts}", *legend
        )
        self.query_one("#caption", Static).update(caption)
        self.query_one(Canvas).show(view, drawing)
        self.refresh_bindings()

    def action_step(self, step: int) -> None:
        self.number = (self.number + step) % len(self.views)

    def action_slices(self) -> None:
        self.cut = not self.cut

    def action_each_slice(self) -> None:
        """Show what the picture is cut into, one by one; closing that comes back here."""
        self.app.push_screen(Viewer(self.view.slices))

    def action_cells(self) -> None:
        """Go on to the next way of dividing cells, until the program ends; the setting keeps it."""
        blocks = terminal_of(self.app).blocks
        blocks = BLOCKS[(BLOCKS.index(blocks) + 1) % len(BLOCKS)]
        self._chosen = _('blocks = "{name}" in config.toml keeps these cells').format(name=blocks) + "  "
        use_blocks(self.app, blocks)
        self._show()

    def action_regions(self) -> None:
        self.marked, self.cut = self.cut or not self.marked, False

    def action_close(self) -> None:
        self.dismiss(None)

    def action_copy(self) -> None:
        self.run_worker(copy_view(self.app, self.view), group="copy")

    def action_save(self) -> None:
        self.run_worker(save_view(self.app, self.view), group="copy")

    def action_copy_original(self) -> None:
        self.run_worker(copy_view(self.app, self.view, original=True), group="copy")

    def action_outside(self) -> None:
        self.run_worker(self._open_outside(), group="outside", exclusive=True)

    async def _open_outside(self) -> None:
        try:
            command = await asyncio.to_thread(_command, self.view)
            await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
        except (MinicpmTuiError, OSError) as error:
            self.notify(one_line(str(error)), severity="warning", timeout=10, markup=False)


def _legend(regions: Sequence[Region]) -> Iterator[tuple[str, str]]:
    """The regions by number and name, each in its colour."""
    for number, region in enumerate(regions):
        name = one_line(region.name, 30)
        words = f"{number + 1} {name}" if name and len(regions) > 1 else name or str(number + 1)
        yield f"  ▣ {words}", "rgb({},{},{}) bold".format(*COLOURS[number % len(COLOURS)])


def _command(view: View) -> list[str]:
    """The system's viewer and the file to show: the user's own, else a copy of what was sent. Raises OSError."""
    opener = shutil.which("open" if os.uname().sysname == "Darwin" else "xdg-open")
    if opener is None or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or "open" in Path(opener).stem[:4]):
        raise OSError(_("there is no screen to open it on: over SSH, look at it here or copy the file"))
    if view.source is not None and view.source.is_file():
        return [opener, str(view.source)]
    data = view.load()
    suffix = ".png" if data.startswith(b"\x89PNG") else ".jpg"
    with tempfile.NamedTemporaryFile(suffix=suffix, delete=False) as file:
        file.write(data)
    return [opener, file.name]

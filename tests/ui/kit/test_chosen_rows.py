"""The row under the cursor can be read in every theme of ours, with the keyboard there or elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.terminal_theme import TerminalTheme
from textual.app import App
from textual.color import Color
from textual.content import Content
from textual.strip import Strip
from textual.widgets.option_list import Option

from minicpm_tui.sessions.library import SearchHit
from minicpm_tui.sessions.summary import SessionInfo
from minicpm_tui.ui.files.folder import Entry
from minicpm_tui.ui.files.rows import Rows
from minicpm_tui.ui.files.tree import FileTree
from minicpm_tui.ui.kit import themes
from minicpm_tui.ui.kit.option_list import Options
from minicpm_tui.ui.sessions.session_list import SessionList

OURS = sorted(path.stem for path in themes.own_folder().glob("*.toml"))
NORMAL = "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5"
BRIGHT = "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
ENOUGH = 4.5  # WCAG 2.2, 1.4.3
ENOUGH_OF_SIXTEEN = 3.0  # whose shades are the terminal's own


def xterm(*, light: bool) -> TerminalTheme:
    """xterm's own colours."""
    normal, bright = ([Color.parse(f"#{code}").rgb for code in codes.split()] for codes in (NORMAL, BRIGHT))
    page, ink = ((255, 255, 255), (0, 0, 0)) if light else ((0, 0, 0), (229, 229, 229))
    return TerminalTheme(page, ink, normal, bright)


def luminance(colour: Color) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(segment: Segment, theme: TerminalTheme) -> float:
    style = segment.style
    assert style
    ink, ground = style.color or RichColor.default(), style.bgcolor or RichColor.default()
    shades = [
        luminance(Color.from_rich_color(RichColor.from_triplet(colour.get_truecolor(theme, foreground=foreground))))
        for colour, foreground in ((ink, True), (ground, False))
    ]
    return (max(shades) + 0.05) / (min(shades) + 0.05)


class Host(App[None]):
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {"muted": "ansi_bright_black"}  # until the theme is there


def options() -> Options:
    row = Content.assemble(("✕", "$text-error"), (" ▣ ", "$text-accent"), ("cat.png", "bold"), ("  640×480", "$muted"))
    return Options(Option(row), Option("other"), compact=True)


def tree() -> FileTree:
    rows = Rows(Path("/"), found=(Entry(Path("/clip.mp4"), "clip.mp4", folder=False, size=12),))
    return FileTree(rows)


def sessions() -> SessionList:
    return SessionList()


@pytest.mark.parametrize("focused", [True, False])
@pytest.mark.parametrize("name", OURS)
async def test_chosen_rows_can_be_read(name: str, focused: bool) -> None:
    theme = themes.load_own(name).theme
    assert theme is not None
    palette = xterm(light=not theme.dark)
    app = Host()
    async with app.run_test() as pilot:
        app.register_theme(theme)
        app.theme = name
        lists = (options(), tree(), sessions())
        await app.mount(*lists)
        first, files, found = lists
        first.highlighted = 0
        files.changed()
        info = SessionInfo("x1", "A cat", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "model", 2, 1, 100)
        found.show_hits([SearchHit(info, "m1", "a cat on a mat")], "", "cat")
        for widget in lists:
            if focused and widget.focusable:
                widget.focus()
            elif not focused:
                app.set_focus(None)
            await pilot.pause()
            rows: list[Strip] = [widget.render_line(y) for y in range(getattr(widget, "lines", 1) if widget is found else 1)]
            texts = [segment for row in rows for segment in row if segment.text.strip()]
            assert texts
            worst = min(texts, key=lambda segment: contrast(segment, palette))
            assert contrast(worst, palette) >= (ENOUGH_OF_SIXTEEN if theme.ansi else ENOUGH), (widget, worst)

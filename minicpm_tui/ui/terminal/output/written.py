"""What goes to the terminal: only what is not on it already, and where lines moved, the terminal moves them itself.

Textual writes all that is marked dirty. Here its updates are compared with what was written before. What stands where it stood is
left out. Where whole lines moved up or down, the terminal scrolls them (DECSTBM), within the same synchronized update, and only
the new ones are written. Lines that something else covers in part (a toast, another pane, a dialog) are never scrolled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from textual._compositor import ChopsUpdate, CompositorUpdate
from textual.strip import Strip

from minicpm_tui.ui.terminal.output.compact import difference

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    _Base = App[Any]
else:
    _Base = object

_WORTH = 3
"""Lines that have to be saved before the terminal is asked to scroll."""


@dataclass
class _Line:
    """What stands on a line of the terminal: strips by column, and where each one ends."""

    ends: Sequence[int] = ()
    strips: dict[int, Strip] = field(default_factory=dict)

    @property
    def whole(self) -> Strip | None:
        """The strip that fills the line alone."""
        return self.strips.get(0) if len(self.ends) == 1 else None


class _Piece(NamedTuple):
    """A strip to write at a cell."""

    x: int
    y: int
    strip: Strip


class Written:
    """Remembers what the terminal shows and makes updates smaller by it."""

    def __init__(self) -> None:
        self._lines: dict[int, _Line] = {}

    def forget(self) -> None:
        """The terminal may show anything."""
        self._lines.clear()

    def reduce(self, update: CompositorUpdate) -> CompositorUpdate:
        """``update``, or a smaller one with the same effect. It has to be written."""
        if not isinstance(update, ChopsUpdate):
            self.forget()
            return update
        scroll = self._scroll(update)
        pieces: list[_Piece] = []
        for y, begin, end in update.spans:
            pieces += self._changes(update.chops[y], update.chop_ends[y], y, begin, end)
        return _Smaller(scroll, pieces)

    def _changes(self, chops: Mapping[int, Strip | None], ends: Sequence[int], y: int, begin: int, end: int) -> Iterator[_Piece]:
        """What the line does not show yet, between the columns ``begin`` and ``end``."""
        line = self._lines.get(y)
        if line is None or list(line.ends) != list(ends):
            line = self._lines[y] = _Line(list(ends))
        for stop, (x, strip) in zip(ends, chops.items(), strict=False):
            if strip is None or x >= end or stop <= begin or line.strips.get(x) is strip:
                continue
            if x < begin or stop > end:
                line.strips.pop(x, None)
                left = max(x, begin)
                yield _Piece(left, y, strip.crop(left - x, min(stop, end) - x))
                continue
            old = line.strips.get(x)
            line.strips[x] = strip
            at, changed = (0, strip) if old is None else difference(old, strip)
            if changed.cell_length:
                yield _Piece(x + at, y, changed)

    def _scroll(self, update: ChopsUpdate) -> str:
        """The sequence that moves the lines that stand elsewhere now; what is remembered moves with them."""
        rows = _whole_rows(update)
        if len(rows) < _WORTH:
            return ""
        top, bottom = min(rows), max(rows)
        if bottom - top + 1 != len(rows):
            return ""
        before = {y: self._lines[y].whole for y in rows if y in self._lines}
        by = _distance(rows, before)
        if not by:
            return ""
        kept = {y: self._lines[y + by] for y in rows if y + by in before and top <= y + by <= bottom}
        for y in rows:
            self._lines[y] = kept.get(y, _Line())
        region = f"\x1b[{top + 1};{bottom + 1}r"
        move = f"\x1b[{bottom + 1};1H" + "\n" * by if by > 0 else f"\x1b[{top + 1};1H" + "\x1bM" * -by
        return f"{region}{move}\x1b[r"


class _Smaller(CompositorUpdate):
    """A scroll and what is to be written after it."""

    def __init__(self, scroll: str, pieces: Sequence[_Piece]) -> None:
        self._scroll = scroll
        self._pieces = pieces

    def render_segments(self, console: Console) -> str:
        return self._scroll + "".join(f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in self._pieces)


def _whole_rows(update: ChopsUpdate) -> dict[int, Strip]:
    """The lines of ``update`` that one strip fills and that are written whole."""
    rows: dict[int, Strip] = {}
    for y, begin, end in update.spans:
        chops: Mapping[int, Strip | None] = update.chops[y]
        ends = update.chop_ends[y]
        strip = chops.get(0)
        if len(chops) == 1 and strip is not None and begin <= 0 and end >= ends[0]:
            rows[y] = strip
    return rows


def _distance(rows: Mapping[int, Strip], before: Mapping[int, Strip | None]) -> int:
    """By how many lines most of ``rows`` moved up (negative: down); 0 when that is not worth it."""
    counts = Counter(id(strip) for strip in before.values())
    where = {id(strip): y for y, strip in before.items() if strip is not None and counts[id(strip)] == 1}
    votes = Counter(where[id(strip)] - y for y, strip in rows.items() if id(strip) in where)
    by, saved = votes.most_common(1)[0] if votes else (0, 0)
    return by if by and saved - votes[0] >= _WORTH else 0


class LeanOutput(_Base):
    """Mixin of an app that writes no more than it has to; name it before Textual's class."""

    _written: Written | None = None

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Textual's own way to the terminal."""
        if isinstance(renderable, CompositorUpdate) and self._writes:
            if self._written is None:
                self._written = Written()
                self.app_resume_signal.subscribe(self, lambda _app: self.forget_output(), immediate=True)
            renderable = self._written.reduce(renderable)
        elif self._written is not None and renderable is not None and self._writes:
            self._written.forget()
        super()._display(screen, renderable)

    @property
    def _writes(self) -> bool:
        """Would Textual write now, to a whole screen?"""
        driver = self._driver
        if driver is None or driver.is_inline or self.is_headless:
            return False
        return self._running and not self._closed and not self._batch_count

    def forget_output(self) -> None:
        """Something else has written to the terminal."""
        if self._written is not None:
            self._written.forget()

"""Where a replay stands: a line with its turns and attachments, and words under it."""

from __future__ import annotations

from rich.segment import Segment
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from minicpm_tui.chat.replay import Replay
from minicpm_tui.i18n import _
from minicpm_tui.text import format_duration, one_line

_DONE, _LEFT, _TURN, _PICTURES = "━", "─", "◆", "▣"


class TimeBar(Widget, can_focus=True):
    """Draws ``replay``; a click on the line goes there."""

    DEFAULT_CSS = """
    TimeBar { height: 2; padding: 0 1; background: $panel; color: $foreground; }
    TimeBar > .time--done { color: $primary; }
    TimeBar > .time--left { color: $text-muted; }
    """
    COMPONENT_CLASSES = {"time--done", "time--left"}  # noqa: RUF012 - Textual's own annotation is not ClassVar

    class Clicked(Message):
        """The user wants to go to ``at`` seconds."""

        def __init__(self, at: float) -> None:
            super().__init__()
            self.at = at

    replay: Replay | None = None

    @property
    def words(self) -> str:
        """What stands under the line."""
        if self.replay is None:
            return ""
        timeline = self.replay.timeline
        state = "■" if self.replay.over else "||" if self.replay.clock.paused else "▶"
        times = f"{format_duration(self.replay.position)} / {format_duration(timeline.duration)}"
        words = f"{state} {times}  ×{self.replay.clock.speed:g}"
        if (turn := self.replay.turn) is not None:
            number = timeline.turns.index(turn) + 1
            place = _("turn {number} of {total}").format(number=number, total=len(timeline.turns))
            names = "".join(f" [{one_line(part.name, 24)}]" for part in turn.attachments)
            words += f"  {place}: {turn.title}{names}"
        return one_line(words)

    def marks(self, width: int) -> str:
        """The line: turns where they begin, those with attachments by another mark."""
        cells = [_LEFT] * width
        if self.replay is None or not width:
            return "".join(cells)
        for turn in self.replay.timeline.turns:
            cells[self._cell(turn.at, width)] = _PICTURES if turn.attachments else _TURN
        return "".join(cells)

    def _cell(self, at: float, width: int) -> int:
        duration = self.replay.timeline.duration if self.replay else 0.0
        return min(round(at / duration * (width - 1)), width - 1) if duration else 0

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        if y or self.replay is None:
            return Strip([Segment(one_line(self.words, width), self.rich_style)]).adjust_cell_length(width, self.rich_style)
        marks = self.marks(width)
        reached = self._cell(self.replay.position, width) + 1
        return Strip(
            [
                Segment(marks[:reached].replace(_LEFT, _DONE), self.get_component_rich_style("time--done")),
                Segment(marks[reached:], self.get_component_rich_style("time--left")),
            ]
        ).adjust_cell_length(width, self.rich_style)

    def on_click(self, event: Click) -> None:
        if self.replay is not None and event.y == 0 and self.content_size.width > 1:
            fraction = (event.x - 1) / (self.content_size.width - 1)
            self.post_message(self.Clicked(fraction * self.replay.timeline.duration))

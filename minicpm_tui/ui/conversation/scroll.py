"""How one reads: scrolling, and following the end."""

from __future__ import annotations

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.widget import Widget

from minicpm_tui.i18n import _
from minicpm_tui.ui.conversation.document import Anchor, Document
from minicpm_tui.ui.conversation.palette import palette_of, plain_palette
from minicpm_tui.ui.conversation.strips import Painter, View
from minicpm_tui.ui.conversation.unit import BAR, GUTTER
from minicpm_tui.ui.kit.commands import Commanded


class Reading(Commanded, ScrollView):
    """The part of the pane that scrolls."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        palette = plain_palette()
        self.view = View()
        self.document = Document(palette, self.text_width)
        self.painter = Painter(palette)
        self.following = True
        self._placing = False

    @property
    def text_width(self) -> int:
        """Cells for text."""
        return max(4, self.view.width - GUTTER - BAR)

    @property
    def allow_vertical_scroll(self) -> bool:
        return self.document.height > self.size.height

    # ---- layout without layouts: sizes are set silently, Textual is only told what to repaint

    def place(self, *, follow: bool | None = None, top: int | None = None, anchor: Anchor | None = None) -> None:
        """Make what is in sight known and stand at ``top``, at ``anchor``, or at the end."""
        if follow is not None:
            self.following = follow
        at = self.scroll_offset.y if top is None else top
        at = self.document.settle(at, self.view.height, follow=self.following, anchor=None if self.following else anchor)
        self._stand(at)
        self.refresh()

    def _stand(self, top: int) -> None:
        self.set_reactive(Widget.virtual_size, Size(self.view.width, self.document.height))
        self.set_reactive(Widget.scroll_target_y, float(top))
        self.set_reactive(Widget.scroll_y, float(top))
        if self.following:
            self.view.news = ""

    def changed(self, first: int) -> None:
        """The rows from ``first`` on are new."""
        before = self.scroll_offset.y
        if self.following:
            top = self.document.settle(before, self.view.height, follow=True)
            self._stand(top)
            if top != before:
                self.refresh()
                return
        else:
            self._stand(before)
            if not self.view.news and self.document.height > before + self.view.height:
                self.view.news = _("new text")
        width, height = self.view.width, self.view.height
        regions = [Region(width - BAR, 0, BAR, height)]
        if (y := max(0, first - before)) < height:
            regions.append(Region(0, y, width, height - y))
        elif not self.following:
            regions.append(Region(0, height - 1, width, 1))
        self.refresh(*regions)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Someone scrolled: the mouse, a key, or Textual while selecting."""
        if round(old_value) == round(new_value):
            return
        self.following = new_value >= self.max_scroll_y - 0.5
        self.place(top=round(new_value))

    def relayout(self) -> None:
        """The width or the theme changed: everything is drawn anew, the reader stays where they are."""
        anchor = self.document.anchor(self.scroll_offset.y)
        self.document.resize(self.painter.palette, self.text_width)
        self.place(anchor=anchor)

    def adopt_theme(self) -> None:
        """Take the colours of the app's theme."""
        palette = palette_of(self)
        if palette != self.painter.palette:
            self.painter = Painter(palette)
            self.relayout()

    def remake(self, index: int) -> None:
        """Entry ``index`` shows other furniture."""
        anchor = None if self.following else self.document.anchor(self.scroll_offset.y)
        self.document.entries[index].rebuild()
        self.document.measure(index)
        self.place(anchor=anchor)

    # ---- scrolling

    def action_scroll_lines(self, count: int) -> None:
        self.scroll_y = max(0, min(self.scroll_offset.y + count, self.max_scroll_y))

    def action_scroll_pages(self, count: int) -> None:
        self.action_scroll_lines(count * max(1, self.view.height - 2))

    def action_scroll_begin(self) -> None:
        self.following = False
        self.place(top=0, follow=self.document.height <= self.view.height)

    def action_scroll_finish(self) -> None:
        self.place(follow=True)

    def to_fraction(self, fraction: float) -> None:
        """Stand at ``fraction`` (0 … 1) of the whole."""
        self.scroll_y = round(self.max_scroll_y * max(0.0, min(1.0, fraction)))

    def to_line(self, entry: int, line: int) -> None:
        """Bring a line of an entry into sight."""
        y = self.document.start(entry) + line
        top = self.scroll_offset.y
        if not top + 1 <= y < top + self.view.height - 2:
            self.place(follow=False, top=max(0, min(y - self.view.height // 3, self.document.height - self.view.height)))
            self.following = self.scroll_offset.y >= self.max_scroll_y
        self.refresh()

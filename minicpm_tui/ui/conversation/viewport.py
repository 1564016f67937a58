"""What of a document is in sight, and whether the reader follows its end."""

from __future__ import annotations

from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.widget import Widget

from minicpm_tui.i18n import _
from minicpm_tui.ui.conversation.document import Anchor, Document
from minicpm_tui.ui.conversation.entry import Entry
from minicpm_tui.ui.conversation.flush_timer import Pacer
from minicpm_tui.ui.conversation.palette import palette_of, plain_palette
from minicpm_tui.ui.conversation.strips import Painter, View
from minicpm_tui.ui.conversation.unit import BAR, GUTTER

CUTTING_SECONDS = 0.015
"""How long the screen may wait while a long text is laid out."""


class Viewport:
    """Shows ``document`` through ``widget``, without layouts: sizes are set silently, Textual is only told what to repaint.

    ``view`` is what the painter knows besides the document; ``following``: the end stays in sight while it grows.
    """

    def __init__(self, widget: ScrollView) -> None:
        palette = plain_palette()
        self._widget = widget
        self.view = View()
        self.document = Document(palette, self.text_width)
        self.painter = Painter(palette)
        self.following = True
        self._cutting = Pacer(self._cut_more)

    @property
    def text_width(self) -> int:
        """Cells for text."""
        return max(4, self.view.width - GUTTER - BAR)

    @property
    def top(self) -> int:
        """The first row in sight."""
        return self._widget.scroll_offset.y

    def redraw(self) -> None:
        """What the painter knows besides the document has changed, and with it what can be done."""
        self._widget.refresh()
        self._widget.refresh_bindings()

    # ---- what is in sight

    def place(self, *, follow: bool | None = None, top: int | None = None, anchor: Anchor | None = None) -> None:
        """Make what is in sight known and stand at ``top``, at ``anchor``, or at the end."""
        if follow is not None:
            self.following = follow
        at = self.top if top is None else top
        at = self.document.settle(at, self.view.height, follow=self.following, anchor=None if self.following else anchor)
        if any(entry.cutting for entry in self.document.entries):
            self._cutting.wake()
        self._stand(at)
        self._widget.refresh()

    def append(self, entry: Entry) -> None:
        """Show ``entry`` at the end and go there."""
        self.document.entries.append(entry)
        self.document.measure(len(self.document.entries) - 1)
        self.place(follow=True)

    def changed(self, first: int) -> None:
        """The rows from ``first`` on are new."""
        before = self.top
        if self.following:
            top = self.document.settle(before, self.view.height, follow=True)
            self._stand(top)
            if top != before:
                self._widget.refresh()
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
        self._widget.refresh(*regions)

    def remake(self, index: int) -> None:
        """Entry ``index`` shows other chrome."""
        anchor = None if self.following else self.document.anchor(self.top)
        self.document.entries[index].rebuild()
        self.document.measure(index)
        self.place(anchor=anchor)

    def resize(self, size: Size) -> None:
        """The widget has another size."""
        self.view.width, self.view.height = size
        if self.text_width != self.document.width:
            self._relayout()
        else:
            self.place()

    def adopt_theme(self) -> None:
        """Take the colours of the app's theme."""
        palette = palette_of(self._widget)
        if palette != self.painter.palette:
            self.painter = Painter(palette)
            self._relayout()

    def stop(self) -> None:
        """Lay nothing out any more: the widget goes."""
        self._cutting.stop()

    def _cut_more(self) -> bool:
        """Go on with a long text that is being cut into blocks; True when there is more."""
        anchor = None if self.following else self.document.anchor(self.top)
        if (index := self.document.proceed(CUTTING_SECONDS)) is None:
            return False
        if not self.document.entries[index].cutting:
            self.place(anchor=anchor)
        return True

    def _relayout(self) -> None:
        """The width or the theme changed: everything is drawn anew, the reader stays where they are."""
        anchor = self.document.anchor(self.top)
        self.document.resize(self.painter.palette, self.text_width)
        self.place(anchor=anchor)

    def _stand(self, top: int) -> None:
        self._widget.set_reactive(Widget.virtual_size, Size(self.view.width, self.document.height))
        self._widget.set_reactive(Widget.scroll_target_y, float(top))
        self._widget.set_reactive(Widget.scroll_y, float(top))
        if self.following:
            self.view.news = ""

    # ---- scrolling

    def scrolled(self, before: float, now: float) -> None:
        """Someone scrolled: the mouse, a key, or Textual while selecting."""
        if round(before) != round(now):
            self.following = now >= self._widget.max_scroll_y - 0.5
            self.place(top=round(now))

    def by_lines(self, count: int) -> None:
        """Scroll down by ``count`` rows, up when it is negative."""
        self._widget.scroll_y = max(0, min(self.top + count, self._widget.max_scroll_y))

    def by_pages(self, count: int) -> None:
        """Scroll by ``count`` times the height, less two rows that stay in sight."""
        self.by_lines(count * max(1, self.view.height - 2))

    def to_begin(self) -> None:
        """Go to the first row."""
        self.following = False
        growing = any(entry.cutting for entry in self.document.entries)
        self.place(top=0, follow=self.document.height <= self.view.height and not growing)

    def to_end(self) -> None:
        """Go to the last row, and follow it."""
        self.place(follow=True)

    def to_fraction(self, fraction: float) -> None:
        """Stand at ``fraction`` (0 … 1) of the whole."""
        self._widget.scroll_y = round(self._widget.max_scroll_y * max(0.0, min(1.0, fraction)))

    def to_line(self, entry: int, line: int) -> None:
        """Bring a line of an entry into sight."""
        y = self.document.start(entry) + line
        if not self.top + 1 <= y < self.top + self.view.height - 2:
            self.place(follow=False, top=max(0, min(y - self.view.height // 3, self.document.height - self.view.height)))
            self.following = self.top >= self._widget.max_scroll_y
        self._widget.refresh()

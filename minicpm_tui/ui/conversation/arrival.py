"""The arrival of a reply: what has come is drawn together, as often as the screen can bear."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from minicpm_tui.messages import Delta, Message
from minicpm_tui.ui.conversation.entry import Entry
from minicpm_tui.ui.conversation.flush_timer import Pacer
from minicpm_tui.ui.conversation.live import Live
from minicpm_tui.ui.conversation.viewport import Viewport

_NOTHING = 1 << 60
"""Below every row: nothing is new."""


class Arrival:
    """One reply at a time, at the end of what ``viewport`` shows; ``drawn`` is called when more of it is."""

    def __init__(self, viewport: Viewport) -> None:
        self._viewport = viewport
        self._live: Live | None = None
        self._first_new = _NOTHING
        self._pacer = Pacer(self._advance)
        self.drawn: Callable[[], None] = lambda: None

    @property
    def under_way(self) -> bool:
        """Is a reply on its way, or not yet shown to its end?"""
        return self._live is not None

    def begin(self, entry: Entry) -> None:
        """``entry`` is the beginning of a reply; one that was under way is cut off."""
        self.cut_off()
        self._live = Live(self._viewport.document, entry)
        self._viewport.append(entry)

    def add(self, deltas: Iterable[Delta]) -> None:
        """What has come: drawn 90 ms later at most."""
        if self._live is not None:
            for delta in deltas:
                self._live.add(delta)
            self._pacer.wake()

    def finish(self, message: Message) -> None:
        """The reply is over: ``message`` has all of it. Shown as soon as what came before is."""
        if self._live is not None:
            self._live.end = message
            self._pacer.now()

    def cut_off(self) -> None:
        """A reply that is still arriving stays as it is."""
        self._pacer.stop()
        if (live := self._live) is not None:
            self._live = None
            live.finish(live.end or live.entry.message.with_reply(live.entry.source, live.entry.reasoning, None))

    def stop(self) -> None:
        """Draw nothing more: the widget goes."""
        self._pacer.stop()

    def _advance(self) -> bool:
        """Show some of what has arrived; True when there is more."""
        live = self._live
        if live is None:
            return False
        first = self._first_new = min(self._first_new, live.advance())
        if live.behind:
            if self._pacer.due:
                self._draw(first)
            return True
        if live.end is not None:
            live.finish(live.end)
            self._live = None
            first = self._viewport.document.start(live.index)
        self._draw(first)
        return False

    def _draw(self, first: int) -> None:
        self._viewport.changed(first)
        self._first_new = _NOTHING
        self.drawn()

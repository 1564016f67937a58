"""Keys, clicks and pastes are carried out one after another, however many arrive in one read.

Textual inserts what is typed at once, while a key that is bound travels from the focused widget up to the app first: of keys
that arrive together the later ones overtake the earlier. Here an event is given to Textual only when the one before it is
wholly handled: it has come all the way up, or somebody took it, and nothing of it is left to be done but what waits for time,
the network or another window.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from textual.app import ScreenStackError
from textual.dom import DOMNode
from textual.events import Event, InputEvent, Key, MouseMove, MouseScrollDown, MouseScrollUp, Paste
from textual.screen import Screen

from minicpm_tui.ui.terminal import private

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[Any]
else:
    _Base = object

LONGEST = 1.0
"""Seconds for which one key can hold up the next."""
ROUND_SECONDS = 0.05
"""One round of the event loop counts as no more: while the machine stands still nothing of a key is done."""
LOOK_SECONDS = 0.002
BACKGROUND = frozenset(
    {"begin", "connect", "draw", "fit", "follow", "history", "live", "outside", "picture", "play", "prepare", "presence"}
    | {"preview", "read", "reply", "rerun", "state", "thumbnails", "warm"}
)
"""Groups of workers whose end no key waits for: they go on for long, or nothing that is typed depends on them."""
_FLEETING = (MouseMove, MouseScrollDown, MouseScrollUp)
"""What follows them need not wait."""


class KeyOrder(_Base):
    """Mixin of an app; name it before Textual's class."""

    _later: deque[Event]
    _takes_input = False
    _turn: asyncio.Task[None] | None = None
    _under_way: _Turn | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._later = deque()

    async def on_event(self, event: Event) -> None:
        """Textual's own way of giving input to the focused widget, one event at a time."""
        if not isinstance(event, (InputEvent, Paste)) or event.is_forwarded:
            await super().on_event(event)
            if self._under_way is not None:
                self._under_way.has_come_up(event)
            return
        if self._later and self._later[-1].can_replace(event):
            self._later.pop()
        self._later.append(event)
        await self._go_on()

    async def on_ready(self) -> None:
        """The first frame shows, and what has the keyboard is known, unless it is waited for."""
        if not self.awaits_field:
            await self.take_input()

    @property
    def awaits_field(self) -> bool:
        """What the first screen opens with to type into is not there yet; ``take_input`` is called when it is."""
        return False

    async def take_input(self) -> None:
        """From now on input is carried out: first what was typed until now."""
        self._takes_input = True
        await self._go_on()

    async def _go_on(self) -> None:
        while self._later and self._turn is None and self._takes_input:
            event = self._later.popleft()
            turn = self._under_way = _Turn(self, event)
            await super().on_event(event)
            if not isinstance(event, _FLEETING):
                self._turn = asyncio.create_task(self._wait_for(turn))

    async def _wait_for(self, turn: _Turn) -> None:
        try:
            await turn.over()
        finally:
            self._turn = None
            if self._later:
                self.call_later(self._go_on)


class _Turn:
    """What one event has set off. Begins before the event is handled."""

    def __init__(self, app: App[Any], event: Event) -> None:
        self._app = app
        self._event = event
        self._came_up = False
        self._windows = frozenset(app.screen_stack)
        self._before = frozenset(app.workers)

    def has_come_up(self, event: Event) -> None:
        """The app has carried ``event`` out, which need not be the one of this turn."""
        self._came_up |= event is self._event

    async def over(self) -> None:
        """Wait until the event is wholly handled, at most ``LONGEST``."""
        loop = asyncio.get_running_loop()
        left, seen = LONGEST, loop.time()
        while left > 0:
            await asyncio.sleep(0)  # no event tells that a loop rests
            if not private.busy(loop):
                if not self._goes_on():
                    return
                await asyncio.sleep(LOOK_SECONDS)
            now = loop.time()
            left, seen = left - min(now - seen, ROUND_SECONDS), now

    def _goes_on(self) -> bool:
        """It is on its way, or something will be done after the next paint, or by a worker that the next key may depend on."""
        try:
            screen = self._app.screen
        except ScreenStackError:  # the program has ended
            return False
        if self._travels() or private.awaits_paint(screen):
            return True
        new = screen not in self._windows
        started = (worker for worker in self._app.workers if worker not in self._before and not worker.is_finished)
        return any(worker.group not in BACKGROUND and (not new or _within(worker.node, screen)) for worker in started)

    def _travels(self) -> bool:
        """A widget on the way up may wait for something else, and the loop rests meanwhile. Of a click the widgets get copies."""
        event = self._event
        if not isinstance(event, (Key, Paste)) or not event.is_forwarded:
            return False
        return not (self._came_up or private.stopped(event))


def _within(node: DOMNode, screen: Screen[Any]) -> bool:
    """A worker of another place that has opened a window waits for the very keys that follow: none of them waits for it."""
    return screen in node.ancestors_with_self

"""The reply that is arriving: its text goes in, changed rows come out."""

from __future__ import annotations

from collections import deque

from minicpm_tui.markdown.stream import Stream
from minicpm_tui.messages import Delta, Message
from minicpm_tui.text import printable
from minicpm_tui.ui.conversation.document import Document
from minicpm_tui.ui.conversation.entry import Entry
from minicpm_tui.ui.conversation.lengths import SHOWN, SLICE
from minicpm_tui.ui.conversation.unit import Part, Unit


class Live:
    """Feeds ``entry``, which is about to become the last one of ``document``."""

    def __init__(self, document: Document, entry: Entry) -> None:
        self.entry = entry
        self.index = len(document.entries)
        self._document = document
        self._pending: deque[Delta] = deque()
        self._thought_from: float | None = None
        self._blocks = 0
        self._fed = 0
        self.end: Message | None = None
        entry.stream = Stream()
        entry.rebuild()

    def add(self, delta: Delta) -> None:
        """Keep ``delta`` for the next ``advance``."""
        self._pending.append(delta)

    @property
    def behind(self) -> bool:
        """Is there more than one ``advance`` shows?"""
        return bool(self._pending)

    def advance(self) -> int:
        """Show up to ``SLICE`` characters; the first row of the conversation that changed."""
        entry = self.entry
        assert entry.stream is not None
        content: list[str] = []
        reasoning: list[str] = []
        size = 0
        waiting = not entry.source
        while self._pending and size < SLICE:
            delta = self._pending.popleft()
            size += len(delta.text)
            if delta.kind == "reasoning":
                reasoning.append(delta.text)
                self._thought_from = delta.at if self._thought_from is None else self._thought_from
            else:
                self._close_thought(delta.at)
                content.append(delta.text)
        if content and (text := "".join(content)[: SHOWN - self._fed]):
            self._fed += len(text)
            entry.stream.feed(text)
        start = self._document.start(self.index)
        if reasoning or (waiting and entry.source):
            entry.reasoning += "".join(reasoning)
            self._restart()
            first = start
        else:
            first = start + self._show()
        self._document.measure(self.index)
        return first

    def finish(self, message: Message) -> None:
        """The reply is over and all of it is shown: from now on it is like any other message."""
        entry = self.entry
        assert entry.stream is not None
        stream, entry.stream = entry.stream, None
        late = stream.finish()
        entry.message = message
        entry.reasoning = message.reasoning
        entry.parsed = stream if message.text and stream.source == printable(message.text[:SHOWN]) else None
        if late or entry.parsed is None:
            entry.rebuild()
            entry.expand()
        else:
            finished = entry.units[:-2]  # the tail is drawn once more: open code is coloured line by line
            rows = {unit.part.base: unit for unit in finished if unit.part.source is not None}
            entry.rebuild()
            entry.units = [_kept(rows, unit) for unit in entry.units]
        self._document.measure(self.index)

    def _close_thought(self, at: float) -> None:
        if self._thought_from is not None and self.entry.extras.thought_seconds is None:
            self.entry.extras.thought_seconds = at - self._thought_from

    def _restart(self) -> None:
        """The furniture changes: make the few units before the text anew, keep the rest."""
        entry = self.entry
        blocks = [unit for unit in entry.units if unit.part.source is not None]
        entry.rebuild()
        kept = {unit.part.base: unit for unit in blocks}
        entry.units = [_kept(kept, unit) for unit in entry.units]
        assert entry.stream is not None
        self._blocks = len(entry.stream.blocks)
        for unit in entry.units:
            self._document.draw(unit)

    def _show(self) -> int:
        """Bring the units up to date; the first line of the entry that changed."""
        entry = self.entry
        stream = entry.stream
        assert stream is not None
        tail = len(entry.units) - 2
        line = sum(unit.height for unit in entry.units[:tail])
        first: int | None = None
        for start, end in stream.blocks[self._blocks :]:
            changed = self._set(entry.units[tail], entry.block(stream, start, end))
            first = line + changed if first is None else first
            line += entry.units[tail].height
            entry.units.insert(tail + 1, Unit(entry.tail(), entry.width))
            tail += 1
        self._blocks = len(stream.blocks)
        changed = self._set(entry.units[tail], entry.tail())
        return line + changed if first is None else first

    def _set(self, unit: Unit, part: Part) -> int:
        """Let ``unit`` show ``part``; its first changed line. In a backlog only what comes into sight is drawn, later."""
        unit.part = part
        if self._pending:
            unit.resize(self.entry.width)
            return 0
        return unit.replace(part.build(self.entry.width), self._document.palette)


def _kept(known: dict[int, Unit], unit: Unit) -> Unit:
    """``unit``, or the one already drawn for the same text."""
    old = known.get(unit.part.base)
    return old if unit.part.source is not None and old is not None and old.part.source == unit.part.source else unit

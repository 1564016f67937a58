"""Plays a saved session: the same events as live, at the times they had."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from minicpm_tui.backends.recorded import RecordedBackend, Recording, ReplayClock
from minicpm_tui.messages import Delta, End, MemoryBlobs, Message
from minicpm_tui.messages.request import ChatRequest
from minicpm_tui.sessions.timeline import Timeline, TurnMark

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_NO_REQUEST = ChatRequest({"messages": []})


@dataclass(frozen=True)
class Jumped:
    """Show ``path`` from now on; ``growing`` is the last message when it is a reply that goes on."""

    path: tuple[Message, ...]
    growing: Message | None


@dataclass(frozen=True)
class Began:
    """A message appears; a reply without its text."""

    message: Message


@dataclass(frozen=True)
class Ended:
    """A reply is over, or was cut off here; ``message`` has all of it."""

    message: Message


ReplayEvent = Jumped | Began | Delta | Ended


@dataclass(frozen=True)
class _Place:
    """A message on the time line: as it began and as it is in the end, its steps, and which recording it is when a reply."""

    begun: Message
    message: Message
    first: int
    last: int
    reply: int | None


class Replay:
    """A replay under the user's hands. ``play`` runs; the other methods may be called while it does."""

    def __init__(self, timeline: Timeline, speed: float = 1.0) -> None:
        self.timeline = timeline
        self.clock = ReplayClock(speed)
        self._places = list(_places(timeline))
        self._backend = RecordedBackend(
            [_recording(timeline, place) for place in self._places if place.reply is not None], self.clock
        )

    @property
    def position(self) -> float:
        """Seconds from the beginning, the end at most."""
        return min(self.clock.now, self.timeline.duration)

    @property
    def turn(self) -> TurnMark | None:
        """The turn that is shown."""
        return self.timeline.turn_before(self.position)

    @property
    def over(self) -> bool:
        """True once the last step has been shown."""
        return self.clock.now >= self.timeline.duration

    def seek(self, at: float) -> None:
        """Go to ``at`` seconds."""
        self.clock.move(min(max(at, 0.0), self.timeline.duration))

    def next_turn(self) -> None:
        """Go to the next turn's beginning, or to the end."""
        at = next((mark.at for mark in self.timeline.turns if mark.at > self.position), self.timeline.duration)
        self.seek(at)

    def previous_turn(self) -> None:
        """Go to this turn's beginning; within its first second to the turn before."""
        grace = 0.0 if self.clock.paused else self.clock.speed
        marks = [mark.at for mark in self.timeline.turns if mark.at < self.position - grace]
        self.seek(marks[-1] if marks else 0.0)

    def faster(self, step: int) -> float:
        """The next speed of ``SPEEDS``, up or down; returns it."""
        nearest = min(range(len(SPEEDS)), key=lambda index: abs(SPEEDS[index] - self.clock.speed))
        self.clock.set_speed(SPEEDS[min(max(nearest + step, 0), len(SPEEDS) - 1)])
        return self.clock.speed

    async def play(self) -> AsyncGenerator[ReplayEvent, None]:
        """What is shown where the clock stands, then events as they come; the same again after a move. Ends at the end."""
        moves = -1
        while moves != self.clock.moves:
            moves = self.clock.moves
            index = self.timeline.index(self.clock.now)
            path = self.timeline.shown(index)
            running = next((place for place in self._places if place.first < index < place.last), None)
            yield Jumped(path, path[-1] if running and running.reply is not None else None)
            async with aclosing(self._from(index)) as events:
                async for event in events:
                    yield event

    async def _from(self, index: int) -> AsyncGenerator[ReplayEvent, None]:
        """The events from step ``index`` on; ends early when the clock is moved."""
        for place in self._places:
            if place.last <= index:
                continue
            if place.first >= index:
                if not await self.clock.until(self.timeline.steps[place.first].at):
                    return
                yield Began(place.begun)
            if place.reply is None:
                continue
            self._backend.cue(place.reply, max(index - place.first - 1, 0))
            ended = False
            async with aclosing(self._backend.stream(_NO_REQUEST, MemoryBlobs())) as events:
                async for event in events:
                    ended = isinstance(event, End)
                    if isinstance(event, Delta):
                        yield event
            if not ended:
                return
            yield Ended(place.message)


def _places(timeline: Timeline) -> list[_Place]:
    places: list[_Place] = []
    messages = {message.id: message for message in timeline.path}
    replies = 0
    for index, step in enumerate(timeline.steps):
        if isinstance(step.event, Message):
            is_reply = step.event.role == "assistant"
            places.append(_Place(step.event, messages[step.message_id], index, index + 1, replies if is_reply else None))
            replies += is_reply
        else:
            old = places[-1]
            places[-1] = replace(old, last=index + 1)
    return places


def _recording(timeline: Timeline, place: _Place) -> Recording:
    steps = timeline.steps[place.first + 1 : place.last]
    return [(step.at, step.event) for step in steps if not isinstance(step.event, Message)]

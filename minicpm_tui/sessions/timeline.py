"""When everything in a conversation happened, for replays. Pure but for reading the journal's bytes.

Times are seconds from the beginning of the replay. Longer waits than ``IDLE_LIMIT`` are shortened to it: nobody wants to sit
through the minutes in which a question was written, or the night between two turns.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from minicpm_tui.errors import StorageError
from minicpm_tui.i18n import _
from minicpm_tui.messages import Delta, End, MediaPart, Message, Tree, media_of
from minicpm_tui.sessions import ids
from minicpm_tui.sessions.events import AnyEvent, DeltaEvent, EndEvent, MessageEvent
from minicpm_tui.sessions.journal_reader import follow
from minicpm_tui.sessions.state import LONGEST_WAIT, SessionState
from minicpm_tui.text import one_line

IDLE_LIMIT = 2.0


@dataclass(frozen=True)
class Step:
    """Something that happens at ``at``: a message begins (without a reply's text), a piece of it arrives, it is over."""

    at: float
    message_id: str
    event: Message | Delta | End


@dataclass(frozen=True)
class TurnMark:
    """Where a turn begins on the time line."""

    at: float
    message_id: str
    title: str
    attachments: tuple[MediaPart, ...]


@dataclass(frozen=True)
class Timeline:
    """The selected path of a session in time; ``title`` is what the session is called, ``tree`` all of its messages."""

    steps: tuple[Step, ...] = ()
    turns: tuple[TurnMark, ...] = ()
    tree: Tree = field(default_factory=Tree)
    title: str = ""

    @cached_property
    def path(self) -> tuple[Message, ...]:
        """The messages that are shown."""
        return self.tree.path()

    @property
    def duration(self) -> float:
        """Seconds from the beginning to the last step; 0 when there is none."""
        return self.steps[-1].at if self.steps else 0.0

    def index(self, at: float) -> int:
        """The first step that is not over at ``at``."""
        return bisect.bisect_right(self.steps, at, key=lambda step: step.at)

    def shown(self, index: int) -> tuple[Message, ...]:
        """The messages as they stand when the first ``index`` steps have happened."""
        done: dict[str, _Shown] = {}
        for step in self.steps[:index]:
            if isinstance(step.event, Message):
                done[step.message_id] = _Shown(step.event)
            elif isinstance(step.event, Delta):
                done[step.message_id].pieces.append(step.event)
            else:
                done[step.message_id].end = step.event
        return tuple(each.message for each in done.values())

    def turn_before(self, at: float) -> TurnMark | None:
        """The turn that runs at ``at``."""
        place = bisect.bisect_right(self.turns, at, key=lambda turn: turn.at)
        return self.turns[place - 1] if place else None


@dataclass
class _Shown:
    begun: Message
    pieces: list[Delta] = field(default_factory=list)
    end: End | None = None

    @property
    def message(self) -> Message:
        if self.begun.role != "assistant":
            return self.begun
        return self.begun.with_reply(
            self.begun.text + "".join(each.text for each in self.pieces if each.kind == "content"),
            "".join(each.text for each in self.pieces if each.kind == "reasoning"),
            self.end,
        )


@dataclass
class _Recorded:
    begin: float
    pieces: list[tuple[float, Delta]] = field(default_factory=list)
    end: tuple[float, End] | None = None


def load(folder: Path, idle_limit: float = IDLE_LIMIT) -> Timeline:
    """The timeline of the session in ``folder``, which may be cut off or come from another machine. Raises StorageError."""
    journal = folder / ids.JOURNAL
    events: list[AnyEvent] = []
    try:
        with journal.open("rb") as file:
            follow(file, events.append)
    except OSError as error:
        raise StorageError(f"{journal}: {error.strerror}", title=_("The session cannot be read")) from error
    return of(events, idle_limit)


def of(events: Iterable[AnyEvent], idle_limit: float = IDLE_LIMIT) -> Timeline:
    """The timeline of a journal's events."""
    state = SessionState()
    recorded: dict[str, _Recorded] = {}
    for event in events:
        before = state.time
        state.apply(event)
        if isinstance(event, MessageEvent):
            recorded.setdefault(event.id, _Recorded(state.time))
        elif isinstance(event, DeltaEvent):
            known = recorded.setdefault(event.id, _Recorded(before))
            for wait, kind, text in event.pieces:
                before += min(max(wait, 0.0), LONGEST_WAIT)
                if kind in {"content", "reasoning"}:
                    delta = Delta("content" if kind == "content" else "reasoning", text, before - known.begin)
                    known.pieces.append((before, delta))
        elif isinstance(event, EndEvent):
            recorded.setdefault(event.id, _Recorded(before)).end = (state.time, event.end)
    return _timed(state, recorded, idle_limit)


def _timed(state: SessionState, recorded: dict[str, _Recorded], idle_limit: float) -> Timeline:
    raw: list[tuple[float, str, Message | Delta | End]] = []
    for message in state.tree.path():
        known = recorded.get(message.id, _Recorded(raw[-1][0] if raw else 0.0))
        raw.append((known.begin, message.id, _begun(message, known)))
        if message.role == "assistant":
            raw.extend((at, message.id, delta) for at, delta in known.pieces)
            if known.end:
                raw.append((known.end[0], message.id, known.end[1]))
    steps: list[Step] = []
    at, last = 0.0, raw[0][0] if raw else 0.0
    for when, message_id, event in raw:
        at += min(max(when - last, 0.0), idle_limit)
        last = when
        steps.append(Step(at, message_id, event))
    return Timeline(tuple(steps), tuple(_marks(steps)), state.tree, state.shown_title)


def _begun(message: Message, known: _Recorded) -> Message:
    """A message as it looked before its pieces came."""
    if message.role != "assistant":
        return message
    came = sum(len(delta.text) for _at, delta in known.pieces if delta.kind == "content")
    return message.with_reply(message.text[: len(message.text) - came], "", None)


def _marks(steps: Sequence[Step]) -> Iterable[TurnMark]:
    for step in steps:
        if isinstance(step.event, Message) and step.event.role == "user":
            attachments = media_of(step.event.content)
            title = one_line(step.event.text, 60) or ", ".join(one_line(part.name, 30) for part in attachments)
            yield TurnMark(step.at, step.message_id, title, attachments)

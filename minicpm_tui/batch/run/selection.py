"""Which lines of an output are shown, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run.view import STATES, OutputView, State
from minicpm_tui.text import natural

Column = Literal["", "state", "id", "answer", "tokens", "seconds"]
COLUMNS: tuple[Column, ...] = ("", "state", "id", "answer", "tokens", "seconds")
"""What lines can be sorted by; the empty one is the order in which they came."""
_SORTED_BY = 80
"""Characters of an answer that decide its place."""


def _words_of(result: Result) -> str:
    """A key that sorts by the answer, or by the error in its place."""
    return (result.error if result.error is not None else result.text).strip()[:_SORTED_BY].casefold()


_TEXTS: dict[str, Callable[[Result], Any]] = {"id": lambda result: natural(result.id), "answer": _words_of}
"""The keys of columns for which a line has to be read."""


@dataclass(frozen=True)
class Choice:
    """``state`` and ``words`` (each of them in the id, the answer or the error) narrow the lines, ``column`` sorts them."""

    state: State | None = None
    words: str = ""
    column: Column = ""
    descending: bool = False


class Selection:
    """The numbers of the lines of ``view`` that ``choice`` takes, in its order. A line is looked at once, however many follow."""

    def __init__(self, view: OutputView, choice: Choice) -> None:
        self._view = view
        self._choice = choice
        self._words = choice.words.casefold().split()
        self._replaced = view.replaced
        self._seen = 0
        self._found: list[tuple[Any, int]] = []

    def numbers(self) -> Sequence[int]:
        """With what has been added since. Blocks where texts are looked at. Raises StorageError."""
        choice, count = self._choice, len(self._view)
        if choice.state is None and not self._words and not choice.column:
            return range(count - 1, -1, -1) if choice.descending else range(count)
        if self._view.replaced != self._replaced:
            self._replaced, self._seen, self._found = self._view.replaced, 0, []
        self._found += self._new()
        self._found.sort(reverse=choice.descending)  # quick: all but what is new is in its order
        return [number for _key, number in self._found]

    def _new(self) -> list[tuple[Any, int]]:
        """The keys and numbers of the lines that have not been looked at yet."""
        choice, view, start = self._choice, self._view, self._seen
        self._seen = len(view)
        state = None if choice.state is None else STATES.index(choice.state)
        if self._words or choice.column in _TEXTS:
            lines = ((number, self._key(number, result)) for number, result in view.results(start) if self._has_words(result))
        else:
            lines = ((number, self._key(number)) for number in range(start, self._seen))
        return [(key, number) for number, key in lines if state is None or view.states[number] == state]

    def _has_words(self, result: Result) -> bool:
        text = "\n".join((result.id, result.text, result.error or "")).casefold() if self._words else ""
        return all(word in text for word in self._words)

    def _key(self, number: int, result: Result | None = None) -> Any:
        column, view = self._choice.column, self._view
        if result is not None and column in _TEXTS:
            return _TEXTS[column](result)
        numbers: dict[str, Sequence[float]] = {"state": view.states, "tokens": view.tokens, "seconds": view.seconds}
        return numbers[column][number] if column in numbers else 0

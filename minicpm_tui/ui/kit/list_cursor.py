"""The cursor of a list: it stays on its item when the list is replaced. No terminal."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import chain
from typing import Generic, TypeVar

Item = TypeVar("Item")
Nearest = Callable[[Sequence[Item], int, Sequence[Item]], tuple[int, bool]]
"""Given the old items, the place of one of them, and the new items: where that item stands now, or the one after it that is
still there, else the one before; and whether it is the item itself."""


def by_key(key: Callable[[Item], Hashable]) -> Nearest[Item]:
    """For items that ``key`` tells apart."""

    def nearest(old: Sequence[Item], index: int, new: Sequence[Item]) -> tuple[int, bool]:
        wanted = key(old[index])
        if index < len(new) and key(new[index]) == wanted:
            return index, True
        places = {key(item): place for place, item in enumerate(new)}
        if wanted in places:
            return places[wanted], True
        others = (places.get(key(old[other])) for other in chain(range(index + 1, len(old)), range(index - 1, -1, -1)))
        return next((place for place in others if place is not None), 0), False

    return nearest


class ListCursor(Generic[Item]):
    """``index`` is the place of the chosen one of ``items``, 0 in an empty list.

    Before the user has ``moved`` it, it stands on the first item, whatever that is; afterwards on the item it was moved to.
    """

    def __init__(self, nearest: Nearest[Item]) -> None:
        self.items: Sequence[Item] = ()
        self.index = 0
        self.moved = False
        self._nearest = nearest

    @property
    def current(self) -> Item | None:
        """The item under the cursor, None in an empty list."""
        return self.items[self.index] if self.index < len(self.items) else None

    def to(self, index: int) -> None:
        """Move it as the user says, no further than to an end."""
        self.index = max(0, min(index, len(self.items) - 1))
        self.moved = True

    def replace(self, items: Sequence[Item], *, other: bool = False) -> None:
        """The list is ``items`` now. Where the item under the cursor is gone, the next one is chosen.

        ``other`` says that this is another list, not a newer state of the one before (a filter, a folder): then a cursor whose
        item is not in it begins anew on the first.
        """
        index, same = self._nearest(self.items, self.index, items) if self.moved and self.items and items else (0, False)
        if other and not same:
            index, self.moved = 0, False
        self.items, self.index = items, index

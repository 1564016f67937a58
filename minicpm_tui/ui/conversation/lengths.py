"""How much of a long message is drawn: in pieces that are quickly laid out, and no more than a reader would scroll through."""

from __future__ import annotations

from collections.abc import Iterator

SHOWN = 200_000
"""Characters of a message that are shown at first; whoever asks for more is shown twice as many."""

QUICK = 16_000
"""Characters that are cut into blocks at once; a longer text is, a little at a time, while keys are answered."""

SLICE = 4000
"""Characters that are parsed at a time."""

PIECE = 8000
"""Characters of a text without markup that are drawn as one."""


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """``text`` in ranges of at most ``PIECE`` characters that end where a line does, else behind a space, else anywhere.

    An empty text is one empty range.
    """
    start = 0
    while len(text) - start > PIECE:
        middle, last = start + PIECE // 2, start + PIECE
        end = text.rfind("\n", middle, last) + 1 or text.rfind(" ", middle, last) + 1 or last
        yield start, end
        start = end
    yield start, len(text)

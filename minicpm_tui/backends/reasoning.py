"""Takes reasoning out of the content of a stream: ``<think>…</think>`` left there, and stray ``</think>``.

vLLM without ``--reasoning-parser`` leaves the tags in the content; some templates write the opening tag into the prompt, so that
only the closing one is seen (https://github.com/OpenBMB/MiniCPM-V/issues/1016).
"""

from __future__ import annotations

from minicpm_tui.messages import DeltaKind

OPEN, CLOSE = "<think>", "</think>"

Piece = tuple[DeltaKind, str]


class ThinkSplitter:
    """Feed it content as it arrives, however it is cut.

    ``expected``: the request switched thinking on, so that text before a ``</think>`` that nothing opened is reasoning.
    """

    def __init__(self, *, expected: bool = False) -> None:
        self._expected = expected
        self._state = "start"
        self._held = ""
        self._guessed: str | None = None
        self._opened = False
        self._last = ""

    def saw_reasoning(self) -> None:
        """The server takes the reasoning out itself: nothing is expected in the content."""
        self._expected = False

    def feed(self, text: str) -> list[Piece]:
        """What is certain now."""
        if self._state == "content" and not self._held and "<" not in text and not text.endswith("\n"):
            self._answered(text)
            return [("content", text)] if text else []
        self._held += text
        pieces: list[Piece] = []
        while self._step(pieces):
            pass
        return [piece for piece in pieces if piece[1]]

    def finish(self, finish_reason: str | None) -> list[Piece]:
        """What was held back. An answer that only looked like reasoning, as nothing closed it, comes once more as content."""
        held, self._held = self._held, ""
        if self._state == "thinking":
            pieces: list[Piece] = [("reasoning", held)]
            if self._guessed is not None and finish_reason == "stop":
                pieces.append(("content", self._guessed + held))
        else:
            pieces = [("content", held)]
        return [piece for piece in pieces if piece[1]]

    def _step(self, pieces: list[Piece]) -> bool:
        """One move of the state; False when more text is needed."""
        if self._state == "start":
            return self._begin()
        if self._state == "after":
            self._held = self._held.lstrip("\n")
            if not self._held:
                return False
            self._state = "content"
        if self._state == "thinking":
            return self._until_close(pieces)
        return self._content(pieces)

    def _begin(self) -> bool:
        """Decide by the first characters that are not white space."""
        seen = self._held.lstrip()
        for tag, state in ((OPEN, "thinking"), (CLOSE, "after")):
            if seen.startswith(tag):
                self._held, self._state = seen[len(tag) :], state
                return True
            if tag.startswith(seen):
                return False
        self._state = "thinking" if self._expected else "content"
        self._guessed = "" if self._expected else None
        return True

    def _until_close(self, pieces: list[Piece]) -> bool:
        before, tag, after = self._held.partition(CLOSE)
        if not tag:
            before, after = _split_partial(self._held, CLOSE)
        if self._guessed is not None:
            self._guessed += before
        pieces.append(("reasoning", before))
        self._held = after
        if tag:
            self._state, self._guessed = "after", None
        return bool(tag)

    def _content(self, pieces: list[Piece]) -> bool:
        """A closing tag alone on its line, which nothing in the answer opened, is dropped; everything else is the answer."""
        stray = "\n" + CLOSE + "\n"
        before, tag, after = self._held.partition(stray)
        if not tag:
            before, after = _split_partial(self._held, stray)
        self._answered(before)
        pieces.append(("content", before))
        self._held = "\n" + after if tag else after
        if tag and self._opened:
            self._opened = False
            pieces.append(("content", "\n" + CLOSE))
        return bool(tag)

    def _answered(self, text: str) -> None:
        """Look for an opening tag in what is the answer."""
        seen = self._last + text
        self._opened |= OPEN in seen
        self._last = seen[1 - len(OPEN) :]


def _split_partial(text: str, tag: str) -> tuple[str, str]:
    """``text`` in two: the second part may be the beginning of ``tag``."""
    for size in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-size:]):
            return text[:-size], text[-size:]
    return text, ""


def split_reasoning(content: str, finish_reason: str | None, *, expected: bool) -> tuple[str, str]:
    """Text and reasoning of a whole answer."""
    splitter = ThinkSplitter(expected=expected)
    pieces = splitter.feed(content) + splitter.finish(finish_reason)
    text = "".join(piece for kind, piece in pieces if kind == "content")
    return text, "".join(piece for kind, piece in pieces if kind == "reasoning")

"""The answers of a question: one widget, so that keys written in one burst are carried out one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.events import Click, Key
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

Answer = tuple[str, str]
"""What is answered, in ASCII, and the label that says so (translated)."""
_GAP = 2
REVERSED = Style(reverse=True)
"""What is chosen can be told without colours too."""
_BACK = frozenset({"left", "up", "shift+tab"})
_ON = frozenset({"right", "down", "tab"})


def letters(answers: Sequence[Answer]) -> list[str]:
    """A letter for each answer, none twice: the first free one of its label, else of its key. Lower case; may be empty.

    >>> letters([("cancel", "Cancel"), ("copy", "Copy"), ("keep", "继续运行")])
    ['c', 'o', 'k']
    """
    taken: list[str] = []
    for key, label in answers:
        wanted = [sign for text in (label, key) for sign in text.lower() if sign.isascii() and sign.isalpha()]
        taken.append(next((sign for sign in wanted if sign not in taken), ""))
    return taken


class Answers(Widget, can_focus=True):
    """Beside each other where they fit, else below each other. Arrows and Tab move, Enter, a letter or a click chooses."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"answers--other", "answers--chosen"}
    DEFAULT_CSS = """
    Answers {
        height: auto; margin: 1 0 0 0;
        .answers--other { background: $boost; }
        .answers--chosen { color: $block-cursor-background; background: $surface; text-style: bold; }
    }
    """

    cursor: reactive[int] = reactive(0)

    class Chosen(Message):
        """``key`` is the answer."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, answers: Sequence[Answer]) -> None:
        super().__init__()
        self.answers = tuple(answers)
        self._letters = letters(self.answers)
        self._labels = [_marked(label, sign) for (_key, label), sign in zip(self.answers, self._letters, strict=True)]

    def validate_cursor(self, cursor: int) -> int:
        return cursor % len(self.answers)

    def _choose(self, index: int) -> None:
        self.cursor = index
        self.post_message(self.Chosen(self.answers[index][0]))

    def on_key(self, event: Key) -> None:
        if event.key in _BACK:
            self.cursor -= 1
        elif event.key in _ON:
            self.cursor += 1
        elif event.key in ("enter", "space"):
            self._choose(self.cursor)
        elif (sign := (event.character or "").lower()) and sign in self._letters:
            self._choose(self._letters.index(sign))
        else:
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: Click) -> None:
        index = event.style.meta.get("answer")
        if index is not None:
            self._choose(index)

    def _rows(self, width: int) -> list[list[int]]:
        """Which answers stand in which row."""
        everything = [*range(len(self.answers))]
        together = sum(cell_len(label.plain) + _GAP for label in self._labels) - _GAP
        return [everything] if together <= width else [[index] for index in everything]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._rows(width))

    def render(self) -> RenderResult:
        other, chosen = (self.get_visual_style(f"answers--{name}") for name in ("other", "chosen"))
        lines = []
        for row in self._rows(self.content_size.width):
            parts = []
            for index in row:
                style = chosen + REVERSED if index == self.cursor and self.has_focus else other
                parts.append(self._labels[index].stylize_before(style).stylize(Style.from_meta({"answer": index})))
            lines.append(Content(" " * _GAP).join(parts))
        return Content("\n").join(lines)


def _marked(label: str, sign: str) -> Content:
    """The label with its letter underlined; a label without that letter gets it in brackets."""
    if not sign:
        return Content(f" {label} ")
    if sign not in label.lower():
        label = f"{label}({sign.upper()})"
    at = label.lower().rindex(f"({sign})") + 1 if label.lower().endswith(f"({sign})") else label.lower().index(sign)
    return Content(f" {label} ").stylize("underline", at + 1, at + 2)

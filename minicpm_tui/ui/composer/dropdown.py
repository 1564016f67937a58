"""The list of paths above the composer while ``@…`` is typed. The composer keeps the focus and moves its highlight."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from minicpm_tui.text import one_line
from minicpm_tui.ui.composer.completion import Candidate
from minicpm_tui.ui.kit.option_list import Options


class CompletionList(Options, can_focus=False):
    """Hidden while there is nothing to choose; ``choose`` takes the candidate that is chosen."""

    DEFAULT_CSS = """
    CompletionList {
        display: none; height: auto; max-height: 8; padding: 0; background: $panel;
        border: none; border-left: thick $primary;
    }
    """

    def __init__(self, choose: Callable[[Candidate], None]) -> None:
        super().__init__(id="completions")
        self._choose = choose
        self._candidates: tuple[Candidate, ...] = ()

    def offer(self, candidates: Sequence[Candidate]) -> None:
        """Show ``candidates``, or nothing."""
        self._candidates = tuple(candidates)
        self.clear_options()
        self.add_options([Option(_label(candidate)) for candidate in candidates])
        self.display = bool(candidates)
        if candidates:
            self.highlighted = 0

    @property
    def chosen(self) -> Candidate | None:
        """The highlighted candidate while the list shows."""
        if not self.display or self.highlighted is None:
            return None
        return self._candidates[self.highlighted]

    def take(self, key: str) -> bool:
        """Carry out ``key``, which was pressed in the composer; False when it is not the list's."""
        if not self.display:
            return False
        match key:
            case "up":
                self.action_cursor_up()
            case "down":
                self.action_cursor_down()
            case "tab" | "enter":
                if chosen := self.chosen:
                    self._choose(chosen)
            case "escape":
                self.offer(())
            case _:
                return False
        return True

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(self._candidates[event.option_index])


def _label(candidate: Candidate) -> Content:
    name = one_line(candidate.path.name) + ("/" if candidate.folder else "")
    return Content.styled(name, "bold" if candidate.folder else "")

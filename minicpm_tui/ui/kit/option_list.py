"""The list that windows and panes let the user choose from."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from textual.geometry import Size
from textual.widgets import OptionList


class Options(OptionList):
    """Textual's list, which fails where it has no column left, and at a page key before its rows are laid out."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        padding = self.get_component_styles("option-list--option").padding.width
        return super().get_content_height(container, viewport, max(width, padding + 1))

    def page(self, direction: Literal[-1, 1]) -> None:
        """Move the highlight up or down by what is shown."""
        self._move_page(direction)

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        with suppress(KeyError):
            super()._move_page(direction)

"""The field above a list that it narrows."""

from __future__ import annotations

from textual.actions import SkipAction

from minicpm_tui.ui.kit.field import Field


class SearchField(Field):
    """While it is empty, Home and End are not its own: they move the cursor of the list."""

    def action_home(self, select: bool = False) -> None:
        if not self.value:
            raise SkipAction
        super().action_home(select)

    def action_end(self, select: bool = False) -> None:
        if not self.value:
            raise SkipAction
        super().action_end(select)

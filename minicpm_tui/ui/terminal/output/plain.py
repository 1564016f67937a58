"""Textual's own output, under the names of this room: nothing private is needed, and more is written."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import Screen

from minicpm_tui.ui.terminal.output.blank import Blank

Result = TypeVar("Result")


class LeanScreen(Blank, Screen[Result]):
    """A screen on which replies stream."""


class LeanOutput:
    """Mixin of an app; it leaves everything to Textual."""

    as_textual_writes = True

    def forget_output(self) -> None:
        """Nothing is remembered."""

"""Textual's own output, under the names of this room: nothing private is needed, and more is written."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import Screen
from textual.strip import Strip

from minicpm_tui.ui.terminal.output.blank import Blank

Result = TypeVar("Result")

CompactStrip = Strip


class LeanScreen(Blank, Screen[Result]):
    """A screen on which replies stream."""


class LeanOutput:
    """Mixin of an app; it leaves everything to Textual."""

    def forget_output(self) -> None:
        """Nothing is remembered."""

"""The output that writes least, or Textual's own where the installed Textual has moved what that is built on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.ui.terminal.private import missing

if TYPE_CHECKING or not missing():
    from minicpm_tui.ui.terminal.output.narrow import LeanScreen
    from minicpm_tui.ui.terminal.output.written import LeanOutput
else:
    from minicpm_tui.ui.terminal.output.plain import LeanOutput, LeanScreen

__all__ = ["LeanOutput", "LeanScreen"]

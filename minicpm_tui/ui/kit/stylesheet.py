"""Style sheets that are parsed once."""

from __future__ import annotations

from pathlib import Path

from textual.css.stylesheet import Stylesheet

WINDOWS = Path(__file__).with_name("windows.tcss")
"""The style sheet of modal windows, for their ``CSS_PATH``: the first paint needs none of it."""


class CachedStylesheet(Stylesheet):
    """Textual's style sheet, but what was parsed stays good until a variable changes.

    Textual parses every sheet anew when the app starts and whenever a screen brings its own, which is most of what the first
    paint costs beside an empty program's.
    """

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._known = variables

    def set_variables(self, variables: dict[str, str]) -> None:
        """Parse anew only where a variable has another value."""
        if variables != self._known:
            self._known = variables
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what is not parsed yet; Textual would parse all."""
        self.parse()

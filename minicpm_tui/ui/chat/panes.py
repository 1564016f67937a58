"""Which of the three panes show: as many as were asked for, or below 100 columns one at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Pane = Literal["files", "talk", "server"]

NARROW = 100
"""Below so many columns one pane shows at a time."""


@dataclass(frozen=True)
class Panes:
    """What the user wants to see: ``files`` and ``server`` beside the conversation, ``front`` when only one fits."""

    files: bool = True
    server: bool = False
    front: Pane = "talk"

    def shown(self, columns: int) -> frozenset[Pane]:
        """The panes to show in a terminal of ``columns``."""
        if columns < NARROW:
            return frozenset({self.front})
        sides: set[Pane] = {"talk"}
        if self.files:
            sides.add("files")
        if self.server:
            sides.add("server")
        return frozenset(sides)

    def toward(self, pane: Pane) -> Panes:
        """With ``pane`` shown and in front."""
        return replace(self, front=pane, files=self.files or pane == "files", server=self.server or pane == "server")

    def without(self, pane: Pane) -> Panes:
        """With ``pane`` hidden, the conversation in front."""
        return replace(self, front="talk", files=self.files and pane != "files", server=self.server and pane != "server")

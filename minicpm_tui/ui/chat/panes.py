"""Which of the three panes show: as many as were asked for, or below 100 columns one at a time."""

from __future__ import annotations

from typing import Literal

import msgspec

Pane = Literal["files", "talk", "server"]

NARROW = 100
"""Below so many columns one pane shows at a time."""
WIDE = 132
"""Below so many columns one pane shows beside the conversation."""


class Panes(msgspec.Struct, frozen=True):
    """What the user wants to see: ``files`` and ``server`` beside the conversation.

    ``front`` is the one that shows when only one fits, ``side`` the one beside the conversation when only one does.
    """

    files: bool = True
    server: bool = False
    front: Pane = "talk"
    side: Pane = "files"

    def shown(self, columns: int) -> frozenset[Pane]:
        """The panes to show in a terminal of ``columns``."""
        if columns < NARROW:
            return frozenset({self.front})
        sides: set[Pane] = {"talk"}
        if self.files:
            sides.add("files")
        if self.server:
            sides.add("server")
        if columns < WIDE and {"files", "server"} <= sides:
            sides -= {"files", "server"} - {self.side}
        return frozenset(sides)

    def toward(self, pane: Pane) -> Panes:
        """With ``pane`` shown and in front."""
        side = self.side if pane == "talk" else pane
        return Panes(self.files or pane == "files", self.server or pane == "server", pane, side)

    def without(self, pane: Pane) -> Panes:
        """With ``pane`` hidden, the conversation in front."""
        other: Pane = "server" if pane == "files" else "files"
        return Panes(self.files and pane != "files", self.server and pane != "server", "talk", other)

"""The commands of the files on the next message."""

from __future__ import annotations

from typing import Protocol

from minicpm_tui.i18n import N_
from minicpm_tui.ui.attachments.attachment import Group
from minicpm_tui.ui.kit.commands import WRITING, Command


class _Tray(Protocol):
    """What the commands ask of the tray."""

    @property
    def group(self) -> Group | None: ...


def _grouped(tray: _Tray) -> bool:
    """The highlighted row stands for several files."""
    return tray.group is not None


COMMANDS = (
    Command(
        "remove",
        N_("Remove the attachment"),
        N_("Remove the highlighted attachment, or all of a collapsed row"),
        keys=("delete", "backspace", "x"),
        hint=N_("Remove"),
        group=WRITING,
    ),
    Command("look", N_("View the attachment"), N_("See it as the model does"), ("v",), N_("View"), WRITING),
    Command(
        "adjust",
        N_("Adjust the attachment"),
        N_("Part of a video, frames, pages, pieces, original"),
        ("a",),
        N_("Adjust"),
        WRITING,
    ),
    Command(
        "unfold",
        N_("Expand"),
        N_("Show its files one by one, or collapse them"),
        ("space",),
        N_("Expand"),
        WRITING,
        _grouped,
    ),
)

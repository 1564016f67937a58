"""The file picker's commands."""

from __future__ import annotations

from functools import partial

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import FILES, Command
from minicpm_tui.ui.kit.virtual_list import moves

_key = partial(Command, group=FILES, palette=False)

TREE = (
    _key("choose", N_("Attach"), N_("Attach the marked files or this one; open a folder"), keys=("enter",), hint=N_("Attach")),
    _key("mark", N_("Mark"), N_("Mark several files, then attach them all at once"), keys=("space",), hint=N_("Mark")),
    _key("unfold", N_("Open"), N_("Open the folder"), keys=("right",)),
    _key("fold", N_("Collapse"), N_("Collapse the folder, or go to its parent"), keys=("left",)),
    _key("up", N_("Parent folder"), N_("Show the parent folder"), keys=("backspace",)),
    *moves(FILES),
)

PANE = (
    Command(
        "hidden", N_("Hidden files"), N_("Show or hide files whose name begins with a dot"), keys=("full_stop",), group=FILES
    ),
    Command(
        "batch",
        N_("Start a batch with these files…"),
        N_("Ask the same about each of the marked files, or of the files in this folder"),
        keys=("ctrl+g",),
        hint=N_("Batch"),
        group=FILES,
    ),
    Command("reload", N_("Refresh the folder"), N_("Show new files"), keys=("ctrl+r",), group=FILES),
)

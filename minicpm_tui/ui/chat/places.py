"""Where else on the chat screen keys mean something: for the help of someone who is not there."""

from __future__ import annotations

from collections.abc import Collection

from minicpm_tui.i18n import N_
from minicpm_tui.ui.attachments import commands as attachments
from minicpm_tui.ui.composer import commands as composer
from minicpm_tui.ui.conversation import commands as conversation
from minicpm_tui.ui.files import commands as files
from minicpm_tui.ui.kit.commands import Command
from minicpm_tui.ui.kit.help import Place
from minicpm_tui.ui.server import commands as server

PLACES: tuple[Place, ...] = (
    (N_("While writing · Esc"), composer.COMMANDS),
    (N_("In the conversation · ^↑"), conversation.COMMANDS),
    (N_("In the attachments · ⇧Tab"), attachments.COMMANDS),
    (N_("In the file list · F2"), (*files.TREE, *files.PANE)),
    (N_("In the server panel · F3"), server.PANEL),
)


def elsewhere(here: Collection[Command]) -> list[Place]:
    """The places whose commands are not among those ``here``."""
    return [place for place in PLACES if not set(place[1]) & set(here)]

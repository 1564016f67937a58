"""The composer's commands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import WRITING, Command
from minicpm_tui.ui.terminal.paintings import terminal_of

if TYPE_CHECKING:
    from textual.app import App

COPY_KEY = "alt+u"


class _Composer(Protocol):
    """What the commands ask of the composer."""

    scp_line: str

    @property
    def app(self) -> App[Any]: ...


def _offered(composer: _Composer) -> bool:
    return bool(composer.scp_line)


def _uploads(composer: _Composer) -> bool:
    return terminal_of(composer.app).iterm2


_key = partial(Command, group=WRITING, palette=False)

COMMANDS = (
    _key("submit", N_("Send"), N_("Send the message; while a reply streams it is queued"), keys=("enter",)),
    _key("newline", N_("New line"), N_("Start a new line"), keys=("ctrl+j", "shift+enter", "alt+enter")),
    Command("editor", N_("Open in an editor"), N_("Write the message in $EDITOR"), keys=("ctrl+g",), group=WRITING),
    _key("undo", N_("Undo"), N_("Take back the last change"), keys=("ctrl+z",)),
    _key("redo", N_("Redo"), N_("Bring back what was undone"), keys=("alt+y",)),
    _key("older", N_("Earlier message"), N_("Previous message sent (on the first line)"), keys=("up",)),
    _key("newer", N_("Later message"), N_("Next message sent, back to the draft (on the last line)"), keys=("down",)),
    Command(
        "paste_picture",
        N_("Paste a picture"),
        N_("Attach the picture on your own clipboard, where the terminal hands it over"),
        keys=("alt+v",),
        group=WRITING,
    ),
    Command(
        "upload",
        N_("Upload from your own machine"),
        N_("Choose files there in a dialog of iTerm2; they are attached"),
        group=WRITING,
        when=_uploads,
    ),
    Command(
        "copy_scp",
        N_("Copy the scp line"),
        N_("Copy the command that brings the missing files from your own machine"),
        keys=(COPY_KEY,),
        hint=N_("Copy the scp line"),
        group=WRITING,
        when=_offered,
        priority=True,
    ),
)

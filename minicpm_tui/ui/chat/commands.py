"""The chat screen's commands. Keys are ones that reach a program through ssh, tmux (^B) and screen (^A)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import CONVERSATION, FILES, SERVER, WRITING, Command

if TYPE_CHECKING:
    from textual.widget import Widget

    from minicpm_tui.ui.chat.model import ChatModel
    from minicpm_tui.ui.chat.pane import TalkPane


class _Screen(Protocol):
    """What the commands ask of the chat screen."""

    talk: TalkPane
    model: ChatModel

    @property
    def focused(self) -> Widget | None: ...


def _running(screen: _Screen) -> bool:
    """A reply streams; Esc in a side pane leaves that pane first."""
    return bool(screen.talk.running) and (screen.focused is None or screen.talk in screen.focused.ancestors_with_self)


def _elsewhere(screen: _Screen) -> bool:
    """The keyboard is not the composer's, and Esc stops nothing."""
    return screen.talk.writable and screen.focused is not screen.talk.composer and not _running(screen)


def _editing(screen: _Screen) -> bool:
    return bool(screen.talk.editing)


def _answered(screen: _Screen) -> bool:
    """There is a question that can be asked again."""
    return not screen.talk.running and screen.model.asked


def _talked(screen: _Screen) -> bool:
    return bool(screen.model.asked)


def _findable(screen: _Screen) -> bool:
    """There is something to search, or there will be in a moment."""
    return bool(screen.model.asked) or bool(screen.talk.running)


def _pictured(screen: _Screen) -> bool:
    return bool(screen.talk.pictured)


def _too_long(screen: _Screen) -> bool:
    """The message does not fit, and something is proposed against it."""
    return screen.talk.furnished and screen.talk.context_line.proposal is not None


def _attached(screen: _Screen) -> bool:
    """There are files on the message that is being written."""
    return screen.talk.furnished and bool(screen.talk.tray.attachments) and screen.focused is screen.talk.composer


def _finding(screen: _Screen) -> bool:
    return bool(screen.talk.finding)


def _receiving(screen: _Screen) -> bool:
    """A file arrives from the user's own machine."""
    return screen.talk.furnished and screen.talk.receiving.arriving


_NOTHING_YET = N_("There is no conversation yet")
_talk = partial(Command, group=CONVERSATION)
_of_it = partial(_talk, when=_talked, refusal=_NOTHING_YET)
_again = partial(_talk, when=_answered, refusal=N_("Nothing has been asked yet, or the reply is still coming: Esc stops it"))
_fit = partial(Command, group=WRITING, priority=True)
_key = partial(Command, palette=False)

COMMANDS = (
    _key("close_find", N_("Close the search"), N_("Back from the search"), ("escape",), group=CONVERSATION, when=_finding),
    _key("leave_edit", N_("Cancel the edit"), N_("Write a new message instead"), ("escape",), group=WRITING, when=_editing),
    _key(
        "stop_receiving",
        N_("Stop receiving"),
        N_("Take no more of the file that is arriving"),
        ("escape",),
        N_("Stop receiving"),
        WRITING,
        _receiving,
    ),
    _talk("stop", N_("Stop"), N_("Stop the reply; what has arrived is kept"), ("escape",), N_("Stop"), when=_running),
    _key("compose", N_("Write"), N_("Back to the composer"), ("escape",), N_("Back"), WRITING, _elsewhere),
    _key("clear_notices", N_("Clear the notices"), N_("Remove the notices from the screen"), ("escape",), group=WRITING),
    Command("pane('files')", N_("Files"), N_("Show or hide the files, and choose some"), ("f2", "ctrl+o"), N_("Files"), FILES),
    Command("pane('server')", N_("Server"), N_("Show or hide what the server is doing"), ("f3",), N_("Server"), SERVER),
    Command("choose_server", N_("Model and server"), N_("Talk with another model or server"), ("f4",), N_("Model"), SERVER),
    Command("demo", N_("Try the demo server"), N_("Try it without a GPU: facts about your files, no model"), group=SERVER),
    Command("reconnect", N_("Reconnect"), N_("Look for the server again"), group=SERVER),
    _talk("sampling", N_("Prompt and sampling"), N_("System prompt, temperature, length, thinking"), ("f5",), N_("Sampling")),
    Command("prompts", N_("Saved prompts"), N_("Insert, save or remove a prompt by name"), ("f6",), group=WRITING, priority=True),
    _again("edit_last", N_("Edit the last question"), N_("Rewrite it and ask again"), ("f7",), priority=True),
    _again("retry", N_("Retry"), N_("Get another reply to the last question"), ("ctrl+r",), N_("Retry")),
    _of_it("copy_reply", N_("Copy the reply"), N_("Copy it to your own clipboard"), ("ctrl+y",), N_("Copy"), priority=True),
    _of_it("copy_code", N_("Copy the code block"), N_("Copy the selected code block, or the last one"), ("f9",)),
    _key(
        "tray",
        N_("Attachments of the message"),
        N_("Go to the attachments: look at, adjust or remove one"),
        ("shift+tab",),
        N_("Attachments"),
        WRITING,
        _attached,
    ),
    _fit(
        "fit", N_("Make it fit"), N_("Send fewer frames or smaller pictures, as proposed"), ("ctrl+t",), N_("Fit"), when=_too_long
    ),
    _of_it("find", N_("Find"), N_("Find text in the conversation"), ("ctrl+f",), N_("Find"), when=_findable, priority=True),
    _talk(
        "look",
        N_("View the pictures"),
        N_("Show them large, with slices and frames"),
        ("ctrl+l",),
        N_("View"),
        when=_pictured,
        refusal=N_("There are no pictures in this conversation yet"),
    ),
    _of_it(
        "new",
        N_("New chat"),
        N_("Start a new conversation; this one stays saved"),
        ("ctrl+n",),
        N_("New"),
        refusal=N_("This conversation is new already"),
    ),
    _of_it("read", N_("Read"), N_("Go to the conversation: scroll, select, collapse, other versions"), ("ctrl+up",)),
)

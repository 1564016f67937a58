"""What can be done in the conversation, once it has the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from minicpm_tui.i18n import N_
from minicpm_tui.ui.kit.commands import CONVERSATION, Command

if TYPE_CHECKING:
    from minicpm_tui.ui.conversation.cursor import Cursor
    from minicpm_tui.ui.conversation.finder import Finder


class _Pane(Protocol):
    """What the commands ask of the conversation pane."""

    cursor: Cursor
    finder: Finder

    @property
    def streaming(self) -> bool: ...


def _on_user(pane: _Pane) -> bool:
    return bool(pane.cursor.role == "user" and not pane.streaming)


def _on_reply(pane: _Pane) -> bool:
    return bool(pane.cursor.role == "assistant" and not pane.streaming)


def _reasoned(pane: _Pane) -> bool:
    return pane.cursor.reasoned is not None


def _written(pane: _Pane) -> bool:
    return pane.cursor.written is not None


def _attached(pane: _Pane) -> bool:
    return pane.cursor.attached is not None


def _shortened(pane: _Pane) -> bool:
    return pane.cursor.shortened is not None


def _versioned(pane: _Pane) -> bool:
    return pane.cursor.versioned is not None


def _searching(pane: _Pane) -> bool:
    return bool(pane.finder.searching)


def _key(action: str, title: str, help_text: str, *keys: str, **more: Any) -> Command:
    return Command(action, title, help_text, keys=keys, group=CONVERSATION, **more)


COMMANDS = (
    _key("scroll_lines(-1)", N_("Up"), N_("Scroll up"), "up", palette=False),
    _key("scroll_lines(1)", N_("Down"), N_("Scroll down"), "down", palette=False),
    _key("scroll_pages(-1)", N_("Page up"), N_("Scroll a page up"), "pageup", palette=False),
    _key("scroll_pages(1)", N_("Page down"), N_("Scroll a page down"), "pagedown", "space", palette=False),
    _key("scroll_begin", N_("Beginning"), N_("Go to the beginning of the conversation"), "home", "g", palette=False),
    _key("scroll_finish", N_("End"), N_("Go to the end of the conversation, and follow it"), "end", "G", palette=False),
    _key(
        "turn(-1)",
        N_("Previous message"),
        N_("Move the cursor to the previous message"),
        "k",
        "ctrl+up",
        hint=N_("Previous"),
        palette=False,
    ),
    _key("turn(1)", N_("Next message"), N_("Move the cursor to the next message"), "j", "ctrl+down", palette=False),
    _key("code(1)", N_("Next code block"), N_("Select the next code block of the message"), "c", palette=False),
    _key("copy_selected", N_("Copy"), N_("Copy the selected text, code block or message"), "y", hint=N_("Copy")),
    _key("reasoning", N_("Reasoning"), N_("Show or hide the reasoning of a reply"), "t", hint=N_("Reasoning"), when=_reasoned),
    _key("as_written", N_("Raw text"), N_("Show a reply as the model wrote it, or formatted again"), "w", when=_written),
    _key(
        "attachments",
        N_("Attachments"),
        N_("List many pictures one by one, or collapse them"),
        "a",
        hint=N_("Expand"),
        when=_attached,
    ),
    _key("more", N_("Show more"), N_("Show more of a long message"), "m", hint=N_("More"), when=_shortened),
    _key("edit", N_("Edit"), N_("Edit the question and ask again"), "e", hint=N_("Edit"), when=_on_user),
    _key("regenerate", N_("Retry"), N_("Get another reply"), "r", hint=N_("Retry"), when=_on_reply),
    _key(
        "sibling(-1)",
        N_("Previous version"),
        N_("Show the previous version"),
        "left",
        hint=N_("Version"),
        when=_versioned,
        palette=False,
    ),
    _key("sibling(1)", N_("Next version"), N_("Show the next version"), "right", when=_versioned, palette=False),
    _key("find_next(1)", N_("Next match"), N_("Go to the next match"), "n", when=_searching, palette=False),
    _key("find_next(-1)", N_("Previous match"), N_("Go to the previous match"), "N", when=_searching, palette=False),
)

"""An app with nothing but the pane, and messages to show in it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.message import Message as Event

from minicpm_tui.messages import Delta, End, Message, TextPart, Usage
from minicpm_tui.ui.conversation import ConversationPane

AT = "2026-01-01T00:00:00Z"
DONE = End("stop", Usage(10, 20), 2.0, 0.5)


def user(number: int, text: str) -> Message:
    return Message(f"u{number}", None, "user", (TextPart(text),), AT)


def reply(number: int, text: str, *, end: End | None = DONE, reasoning: str = "") -> Message:
    return Message(f"a{number}", f"u{number}", "assistant", (TextPart(text),) if text else (), AT, reasoning=reasoning, end=end)


def turns(count: int) -> list[Message]:
    """Questions and answers, each answer some lines long."""
    found: list[Message] = []
    for number in range(count):
        found += [user(number, f"question {number}"), reply(number, f"answer {number}\n\n- one\n- two\n\nlast line of {number}")]
    return found


class Host(App[None]):
    """Shows ``path`` and remembers what the pane says."""

    def __init__(self, path: Sequence[Message] = ()) -> None:
        super().__init__()
        self.path = path
        self.events: list[Event] = []

    def compose(self) -> ComposeResult:
        yield ConversationPane(hint="Ask something")

    def on_mount(self) -> None:
        self.pane.show(self.path)
        self.pane.focus()

    @property
    def pane(self) -> ConversationPane:
        return self.query_one(ConversationPane)

    @property
    def screen_text(self) -> list[str]:
        """The lines on the screen, without the scrollbar."""
        pane = self.pane
        return [strip.crop(0, pane.size.width - 1).text.rstrip() for strip in pane.render_lines(pane.size.region)]

    def shows(self, text: str) -> bool:
        return any(text in line for line in self.screen_text)

    def _keep(self, event: Event) -> None:
        self.events.append(event)

    on_link_clicked = on_copy_requested = on_sibling_requested = on_edit_requested = on_regenerate_requested = _keep
    on_cursor_moved = on_found = _keep


def content(text: str, at: float = 1.0) -> Delta:
    return Delta("content", text, at)


def thought(text: str, at: float = 0.5) -> Delta:
    return Delta("reasoning", text, at)

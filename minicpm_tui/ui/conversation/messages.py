"""What the pane tells the screen it is on. Ids are those of the conversation's messages."""

from __future__ import annotations

from textual.message import Message


class LinkClicked(Message):
    """A link was clicked: ``href`` as the model wrote it, to be judged before it is opened."""

    def __init__(self, href: str) -> None:
        super().__init__()
        self.href = href


class CopyRequested(Message):
    """``text`` is to go to the clipboard."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class SiblingRequested(Message):
    """Show the alternative ``step`` places from the message."""

    def __init__(self, message_id: str, step: int) -> None:
        super().__init__()
        self.message_id = message_id
        self.step = step


class EditRequested(Message):
    """A user message is to be edited and sent again."""

    def __init__(self, message_id: str) -> None:
        super().__init__()
        self.message_id = message_id


class RegenerateRequested(Message):
    """A reply is to be asked for again."""

    def __init__(self, message_id: str) -> None:
        super().__init__()
        self.message_id = message_id


class CursorMoved(Message):
    """The cursor stands on another message, or on none."""

    def __init__(self, message_id: str | None) -> None:
        super().__init__()
        self.message_id = message_id


class Found(Message):
    """The search stands on match ``current`` (from 1, 0 when there is none) of ``total``."""

    def __init__(self, current: int, total: int) -> None:
        super().__init__()
        self.current = current
        self.total = total

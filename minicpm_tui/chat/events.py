"""What happens while a message is sent: a reply's own events, and two that come before them."""

from __future__ import annotations

from dataclasses import dataclass

from minicpm_tui.messages import Delta, End, Message, Notice


@dataclass(frozen=True)
class Preparing:
    """Attachment ``index`` (from 0) of ``total`` is being prepared; ``fraction`` of it is done, 0 to 1."""

    name: str
    index: int
    total: int
    fraction: float = 0.0


@dataclass(frozen=True)
class Asked:
    """The question is on the disk and in the tree, and the request goes out; ``reply`` is the message that will grow.

    ``question`` is the message before it, also when only the reply is new.
    """

    question: Message
    reply: Message


ChatEvent = Preparing | Asked | Delta | Notice | End

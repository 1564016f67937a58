"""Messages that wait for their turn, shown between the conversation and the composer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.text import one_line
from minicpm_tui.ui.attachments.attachment import Attachment


@dataclass(eq=False)
class Outgoing:
    """A message on its way. ``replaces`` is the id of the question it is an edit of."""

    text: str
    attachments: list[Attachment] = field(default_factory=list)
    replaces: str | None = None
    taken_back: asyncio.Event = field(default_factory=asyncio.Event)

    async def prepared(self) -> bool:
        """Wait for its files; False when it was taken back meanwhile."""
        files = asyncio.ensure_future(self._all_prepared())
        back = asyncio.ensure_future(self.taken_back.wait())
        await asyncio.wait((files, back), return_when=asyncio.FIRST_COMPLETED)
        files.cancel()
        back.cancel()
        return not self.taken_back.is_set()

    async def _all_prepared(self) -> None:
        """All at the same time: one that was ready may be prepared anew for the sake of another."""
        while self.preparing:
            await asyncio.gather(*(attachment.done.wait() for attachment in self.attachments))

    @property
    def preparing(self) -> bool:
        """Some file of it is not ready."""
        return any(not attachment.done.is_set() for attachment in self.attachments)


class Queue(Static):
    """First in, first out. ``held`` after a failure: then the user decides when it goes on."""

    DEFAULT_CSS = "Queue { height: auto; max-height: 4; padding: 0 1; color: $text-muted; display: none; }"

    class TakeBack(Message):
        """The user clicked the cross of ``outgoing``, which is off the queue now."""

        def __init__(self, outgoing: Outgoing) -> None:
            super().__init__()
            self.outgoing = outgoing

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.waiting: list[Outgoing] = []
        self.held = False

    def push(self, outgoing: Outgoing) -> None:
        """At the end."""
        self.waiting.append(outgoing)
        self.show()

    def send(self, outgoing: Outgoing) -> None:
        """``outgoing`` is asked now: off the queue."""
        self.waiting.remove(outgoing)
        self.show()

    def take_back(self, outgoing: Outgoing) -> None:
        """``outgoing`` is not to be asked: off the queue."""
        outgoing.taken_back.set()
        self.send(outgoing)

    def pop(self) -> Outgoing | None:
        """Take the last one back; None when there is none."""
        last = self.waiting[-1] if self.waiting else None
        if last is not None:
            self.take_back(last)
        return last

    def hold(self, *, held: bool) -> None:
        """``held``: the messages wait for the user, not for a reply."""
        self.held = held
        self.show()

    def show(self) -> None:
        """Draw what waits."""
        self.display = bool(self.waiting)
        rows = []
        for index, outgoing in enumerate(self.waiting):
            state = _("preparing") if outgoing.preparing else _("on hold") if self.held else _("queued")
            files = len(outgoing.attachments)
            count = ngettext("{count} file", "{count} files", files).format(count=files) + " " if files else ""
            cross = Style.from_meta({"@click": f"take_back({index})"})
            rows.append(
                Content.assemble(
                    ("⧗ ", "$text-warning"), f"{state}: {count}", (one_line(outgoing.text, 60), "italic"), (" ✕", cross)
                )
            )
        if self.held:
            rows.append(Content(_("Enter with an empty message sends them, ↑ takes the last one back")))
        self.update(Content("\n").join(rows))

    def action_take_back(self, index: int) -> None:
        if index < len(self.waiting):
            outgoing = self.waiting[index]
            self.take_back(outgoing)
            self.post_message(self.TakeBack(outgoing))

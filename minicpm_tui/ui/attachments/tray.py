"""The line of chips above the composer: one row for each file on the next message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on, work
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import N_, _
from minicpm_tui.ui.attachments.attachment import Attachment
from minicpm_tui.ui.attachments.prepare_queue import Preparing
from minicpm_tui.ui.kit.commands import WRITING, Command, Commanded, bindings
from minicpm_tui.ui.kit.option_list import Options

if TYPE_CHECKING:
    from minicpm_tui.media import AttachmentSpec, MediaLimits

COMMANDS = (
    Command(
        "remove",
        N_("Remove the attachment"),
        N_("Take the highlighted file off the message"),
        keys=("delete", "backspace", "x"),
        hint=N_("Remove"),
        group=WRITING,
    ),
    Command("look", N_("Look at the attachment"), N_("See it as the model will"), ("v",), N_("Look"), WRITING),
    Command("adjust", N_("Adjust the attachment"), N_("Part of a video, frames, original"), ("a",), N_("Adjust"), WRITING),
)


class Tray(Commanded, Options):
    """Hidden while it is empty. Every file is inspected at once and prepared when ``use`` has said for which model."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)

    class Changed(Message):
        """Files were added or removed, or one is ready."""

    class Refused(Message):
        """Nothing could be attached; ``line`` says why."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    def __init__(self) -> None:
        super().__init__(id="tray", compact=True, markup=False)
        self.attachments: list[Attachment] = []
        self._limits: MediaLimits | None = None
        self._preparing = Preparing(self._show)

    def enter(self) -> None:
        """Give it the keyboard; the keys mean the first file that cannot be sent, else the last one."""
        broken = [place for place, attachment in enumerate(self.attachments) if attachment.error]
        self.highlighted = broken[0] if broken else len(self.attachments) - 1
        self.focus()

    @property
    def tokens(self) -> int:
        """What the ready ones will cost."""
        return sum(attachment.prepared.tokens for attachment in self.attachments if attachment.prepared)

    def use(self, limits: MediaLimits | None) -> None:
        """Prepare for a model and server with ``limits``, anew what was prepared for others."""
        if limits == self._limits:
            return
        self._limits = limits
        for attachment in self.attachments:
            if not attachment.error:
                attachment.prepared = None
                attachment.done.clear()
                self._prepare(attachment)

    @work(group="attach")
    async def attach(self, what: Sequence[str]) -> None:
        """Add files, folders, globs or URLs; what is there already is not added twice."""
        try:
            specs = await self._preparing.expand(what)
        except MinicpmTuiError as error:
            self.post_message(self.Refused(error.info.line()))
            return
        self.add(specs)

    def add(self, specs: Iterable[AttachmentSpec]) -> None:
        """Add ``specs``."""
        known = {attachment.spec for attachment in self.attachments}
        self.restore([Attachment(spec) for spec in specs if spec not in known])

    def restore(self, attachments: Iterable[Attachment]) -> None:
        """Put back attachments that were taken."""
        for attachment in attachments:
            self.attachments.append(attachment)
            self.add_option(Option(self._row(attachment), id=attachment.id))
            if not attachment.done.is_set():
                self._prepare(attachment)
        self._count_changed()

    def take(self) -> list[Attachment]:
        """All of them, off the tray; those not ready go on being prepared."""
        taken, self.attachments = self.attachments, []
        self.clear_options()
        self._count_changed()
        return taken

    def remove_attachment(self, attachment_id: str) -> None:
        """Take one off and stop preparing it."""
        for attachment in [entry for entry in self.attachments if entry.id == attachment_id]:
            attachment.cancelled = True
            self.attachments.remove(attachment)
            self.remove_option(attachment_id)
        self._count_changed()

    def remove_last(self) -> None:
        """What backspace in an empty composer does."""
        if self.attachments:
            self.remove_attachment(self.attachments[-1].id)

    def action_remove(self) -> None:
        if self.highlighted is not None:
            self.remove_attachment(str(self.get_option_at_index(self.highlighted).id))

    def _highlighted(self) -> Attachment | None:
        return None if self.highlighted is None else self.attachments[self.highlighted]

    @on(OptionList.OptionSelected)
    def action_look(self) -> None:
        """Show the highlighted file as it will be sent."""
        from minicpm_tui.ui.viewer.of_message import of_attachment
        from minicpm_tui.ui.viewer.screen import Viewer

        if (attachment := self._highlighted()) is None:
            return
        if views := of_attachment(attachment, self._limits):
            self.app.push_screen(Viewer(views))
        else:
            self.post_message(self.Refused(attachment.error or _("{name}: not ready yet").format(name=attachment.name)))

    @work(group="adjust", exclusive=True)
    async def action_adjust(self) -> None:
        """Ask how the highlighted file is to be sent, and prepare it anew."""
        from minicpm_tui.media.frame_times import frame_limit
        from minicpm_tui.ui.attachments.adjust import Adjust
        from minicpm_tui.ui.viewer.of_message import sheet_of

        if (attachment := self._highlighted()) is None:
            return
        limits = self._limits
        most = frame_limit(limits.family.max_frames, limits.num_frames, None, 1) if limits else None
        wish = await self.app.push_screen_wait(Adjust(attachment, sheet_of(attachment), most))
        if wish is not None and wish != attachment.spec and attachment in self.attachments:
            self.change(attachment, wish)

    def change(self, attachment: Attachment, wish: AttachmentSpec) -> None:
        """Send ``attachment`` as ``wish`` says: prepare it anew, in its place."""
        place = self.attachments.index(attachment)
        attachment.cancelled = True
        self.attachments[place] = Attachment(wish, attachment.info)
        self.clear_options()
        self.add_options([Option(self._row(attachment), id=attachment.id) for attachment in self.attachments])
        self.highlighted = place
        self._prepare(self.attachments[place])
        self.post_message(self.Changed())

    def action_drop(self, attachment_id: str) -> None:
        """A click on the cross."""
        self.remove_attachment(attachment_id)

    def _count_changed(self) -> None:
        self.display = bool(self.attachments)
        self.post_message(self.Changed())

    @work(group="prepare")
    async def _prepare(self, attachment: Attachment) -> None:
        await self._preparing.prepare(attachment, lambda: self._limits)

    def _show(self, attachment: Attachment) -> None:
        if attachment in self.attachments:
            self.replace_option_prompt(attachment.id, self._row(attachment))
            self.post_message(self.Changed())

    @staticmethod
    def _row(attachment: Attachment) -> Content:
        colour = "$text-error" if attachment.error else "$text-accent"
        cross = Style.from_meta({"@click": f"drop({attachment.id!r})"})
        return Content.assemble(
            ("✕", cross),
            (f" {attachment.symbol} ", colour),
            (attachment.name, "bold"),
            (f"  {attachment.facts()}", "$text-error" if attachment.error else "$muted"),
        )

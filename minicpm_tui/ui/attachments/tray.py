"""The line of chips above the composer: a row for each file on the next message, or for many that came together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on, work
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from minicpm_tui.chat.sharing import alike
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.media.pieces import in_pieces
from minicpm_tui.ui.attachments.attachment import Attachment, Group
from minicpm_tui.ui.attachments.commands import COMMANDS
from minicpm_tui.ui.attachments.group import FOLDED, Row, document_of, rows_of
from minicpm_tui.ui.attachments.prepare_queue import PrepareQueue
from minicpm_tui.ui.kit.commands import Commanded, bindings
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.option_list import Options

if TYPE_CHECKING:
    from minicpm_tui.chat.preparer import Preparer
    from minicpm_tui.media import AttachmentSpec


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

    def __init__(self, preparer: Preparer) -> None:
        super().__init__(id="tray", compact=True, markup=False)
        self.attachments: list[Attachment] = []
        self._taken: list[list[Attachment]] = []
        self._rows: list[Row] = []
        self.preparer = preparer
        self._limits = preparer.limits
        self._preparing = PrepareQueue(preparer, self._show)

    def enter(self) -> None:
        """Give it the keyboard; the keys mean the first file that cannot be sent, else the last row."""
        broken = next((attachment for attachment in self.attachments if attachment.error), None)
        if broken is not None and broken.group is not None:
            broken.group.unfolded = True
        self._rebuild(broken.id if broken is not None else self._rows[-1].id if self._rows else None)
        self.focus()

    @property
    def tokens(self) -> int:
        """What the ready ones will cost."""
        return sum(attachment.prepared.tokens for attachment in self.attachments if attachment.prepared)

    def limits_changed(self) -> None:
        """The preparer was told of another model or of other room: prepare anew what was made for others or has another share."""
        before, self._limits = self._limits, self.preparer.limits
        if self._limits == before:
            return
        if self._limits is not None and before is not None and alike(self._limits, before):
            self._share()
            return
        for attachment in (each for message in self._messages for each in message if not each.error):
            attachment.redo()
            self._prepare(attachment)

    @property
    def _messages(self) -> list[list[Attachment]]:
        """The files of each message that is not sent: those that were taken, and the next one's."""
        self._taken = [files for files in self._taken if not all(each.cancelled or each.sent for each in files)]
        return [*self._taken, self.attachments]

    def _share(self) -> None:
        """Prepare anew what has more or less room now."""
        for files in self._messages:
            for attachment in self.preparer.outgrown(files):
                attachment.redo()
                self._prepare(attachment)

    def _beside(self, attachment: Attachment) -> list[Attachment]:
        """The files of the message that ``attachment`` is on."""
        return next((files for files in self._messages if attachment in files), [attachment])

    @work(group="attach")
    async def attach(self, what: Sequence[str]) -> None:
        """Add files, folders, globs or URLs; what is there already is not added twice."""
        try:
            specs, skipped = await self._preparing.expand(what)
        except MinicpmTuiError as error:
            self.post_message(self.Refused(error_line(error.info)))
            return
        self.add(specs)
        if skipped:
            more = f" (+{len(skipped) - 1})" if skipped[1:] else ""
            self.post_message(self.Refused(_("left out: {error}").format(error=error_line(skipped[0].info)) + more))

    def add(self, specs: Iterable[AttachmentSpec]) -> None:
        """Add ``specs``; many at once share a row."""
        known = {attachment.spec for attachment in self.attachments}
        new = [spec for spec in specs if spec not in known]
        group = Group() if len(new) > FOLDED else None
        self.restore([Attachment(spec, group=group) for spec in new])

    def restore(self, attachments: Iterable[Attachment]) -> None:
        """Put back attachments that were taken."""
        for attachment in attachments:
            attachment.sent = False
            self.attachments.append(attachment)
            if not attachment.done.is_set():
                self._prepare(attachment)
        self._taken = [files for files in self._taken if not set(files) & set(self.attachments)]
        self._count_changed()

    def take(self) -> list[Attachment]:
        """All of them, off the tray; those not ready go on being prepared."""
        taken, self.attachments = self.attachments, []
        self._taken.append(taken)
        self._count_changed()
        return taken

    def take_off(self, attachments: Iterable[Attachment]) -> None:
        """Take them off and stop preparing them."""
        gone = set(attachments)
        for attachment in gone:
            attachment.cancelled = True
        self.attachments = [attachment for attachment in self.attachments if attachment not in gone]
        self._count_changed()

    def remove_last(self) -> None:
        """What backspace in an empty composer does: the last row goes."""
        if self._rows:
            self.take_off(self._rows[-1].files)

    def action_remove(self) -> None:
        if row := self._row:
            self.take_off(row.files)

    @property
    def _row(self) -> Row | None:
        """The highlighted row."""
        here = self.highlighted
        return self._rows[here] if here is not None and here < len(self._rows) else None

    @property
    def group(self) -> Group | None:
        """What the highlighted row stands for, when that is several files."""
        return self._row.group if self._row else None

    def action_unfold(self) -> None:
        """Show the files of the highlighted row one by one, or fold them again."""
        if (group := self.group) is not None:
            group.unfolded = not group.unfolded
            self._rebuild(group.id)

    @on(OptionList.OptionSelected)
    def action_look(self) -> None:
        """Show the highlighted file, or all of a group, as it will be sent."""
        from minicpm_tui.ui.viewer.of_message import of_prepared
        from minicpm_tui.ui.viewer.screen import Viewer

        if (row := self._row) is None:
            return
        if views := [view for attachment in row.files for view in of_prepared(attachment.prepared, self._limits)]:
            self.app.push_screen(Viewer(views))
        else:
            self.post_message(self.Refused(row.files[0].error or _("{name}: not ready yet").format(name=row.name)))

    @work(group="adjust", exclusive=True)
    async def action_adjust(self) -> None:
        """Ask how the highlighted file is to be sent, and prepare it anew."""
        from minicpm_tui.ui.attachments.adjust import Adjust
        from minicpm_tui.ui.viewer.of_message import sheet_of

        if (row := self._row) is None:
            return
        files = self._pieces_with(row.files)
        if row.group is not None and document_of(row.files) is None:
            self.post_message(self.Refused(_("These are several files: expand them (Space) and adjust one")))
            return
        wishes = await self.app.push_screen_wait(Adjust(files, sheet_of(row.files[0].prepared), self._limits))
        if wishes is not None and all(attachment in self.attachments for attachment in files):
            self._exchange(files, wishes)

    def _pieces_with(self, files: Sequence[Attachment]) -> Sequence[Attachment]:
        """``files``, or for a single piece all pieces of the picture or page that it is of."""
        spec = files[0].spec
        if len(files) > 1 or spec.piece is None:
            return files
        whole = in_pieces(spec, spec.pieces or 1)
        return [attachment for attachment in self.attachments if attachment.spec in whole]

    def change(self, attachment: Attachment, wish: AttachmentSpec) -> None:
        """Send ``attachment`` as ``wish`` says: prepare it anew, in its place."""
        self._exchange((attachment,), (wish,))

    def _exchange(self, old: Sequence[Attachment], wishes: Sequence[AttachmentSpec]) -> None:
        """``wishes`` in the place of ``old``; what is wanted as before stays as it is."""
        known = {attachment.spec: attachment for attachment in old}
        group = old[0].group or (Group() if len(wishes) > FOLDED else None)
        new = [known.pop(wish) if wish in known else Attachment(wish, old[0].info, group=group) for wish in wishes]
        for attachment in known.values():  # no longer wanted
            attachment.cancelled = True
        place = self.attachments.index(old[0])
        self.attachments = [each for each in self.attachments if each not in old]
        self.attachments[place:place] = new
        for attachment in new:
            attachment.group = group
            if attachment not in old:
                self._prepare(attachment)
        self._count_changed()
        ids = [row.id for row in self._rows]
        wanted = [new[0].id, *([group.id] if group else [])]
        self.highlighted = next((ids.index(each) for each in wanted if each in ids), None)

    def action_drop(self, row_id: str) -> None:
        """A click on the cross."""
        self.take_off([file for row in self._rows if row.id == row_id for file in row.files])

    def _count_changed(self) -> None:
        self._share()
        self._rebuild(self._row.id if self._row else None)
        self.display = bool(self.attachments)
        self.post_message(self.Changed())

    def _rebuild(self, highlighted: str | None) -> None:
        """Make the rows anew; the cursor goes to the one named, else stays in its place."""
        place = self.highlighted
        self._rows = rows_of(self.attachments)
        self.set_options([Option(self._drawn(row), id=row.id) for row in self._rows])
        ids = [row.id for row in self._rows]
        if highlighted in ids:
            self.highlighted = ids.index(highlighted)
        elif place is not None and ids:
            self.highlighted = min(place, len(ids) - 1)

    @work(group="prepare")
    async def _prepare(self, attachment: Attachment) -> None:
        await self._preparing.prepare(attachment, lambda: self._beside(attachment))
        self._share()

    def _show(self, attachment: Attachment) -> None:
        shown = [row for row in self._rows if attachment in row.files]
        for row in shown:
            self.replace_option_prompt(row.id, self._drawn(row))
        if shown:
            self.post_message(self.Changed())

    @staticmethod
    def _drawn(row: Row) -> Content:
        broken = row.symbol == "✗"
        cross = Style.from_meta({"@click": f"drop({row.id!r})"})
        return Content.assemble(
            "  " if row.inside else "",
            ("✕", cross),
            (f" {row.symbol} ", "$text-error" if broken else "$text-accent"),
            (row.name, "bold"),
            (f"  {row.facts()}", "$text-error" if broken else "$muted"),
        )

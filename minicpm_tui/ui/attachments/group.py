"""Files that were attached together, a folder or the pages of a document: one row of the tray until it is unfolded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.media.pages import written_pages
from minicpm_tui.text import format_count, one_line
from minicpm_tui.ui.attachments.attachment import Attachment, Group

FOLDED = 4
"""Files that have a row each; more that come together share one."""


@dataclass(frozen=True)
class Row:
    """A row of the tray: a file, or a ``group`` with its files. ``inside`` is a file of an unfolded group."""

    files: tuple[Attachment, ...]
    group: Group | None = None
    inside: bool = False

    @property
    def id(self) -> str:
        """The id of the group, or of the file that stands alone."""
        return self.group.id if self.group else self.files[0].id

    @property
    def symbol(self) -> str:
        """Tells what a file is, or of what a group is: pictures, with videos, with something that cannot be sent."""
        symbols = {file.symbol for file in self.files}
        return next((symbol for symbol in "✗▶" if symbol in symbols), "▣")

    @property
    def name(self) -> str:
        """The file's name; the document's; how many pictures and videos there are."""
        if self.group is None:
            return self.files[0].name
        if document := document_of(self.files):
            return one_line(document, 40)
        videos = sum(file.is_video for file in self.files)
        pictures = len(self.files) - videos
        names = []
        if pictures:
            names.append(ngettext("{count} picture", "{count} pictures", pictures).format(count=pictures))
        if videos:
            names.append(ngettext("{count} video", "{count} videos", videos).format(count=videos))
        return " · ".join(names)

    def facts(self) -> str:
        """What is known of the file, or of the group: its pages, its tokens, how many are not ready or cannot be sent."""
        if self.group is None:
            return self.files[0].facts()
        facts = []
        if document_of(self.files):
            pages = list(dict.fromkeys(file.spec.page for file in self.files if file.spec.page))
            if pages:
                facts.append(ngettext("page {pages}", "pages {pages}", len(pages)).format(pages=written_pages(pages)))
            if pieces := sum(file.spec.piece is not None for file in self.files):
                facts.append(ngettext("{count} piece", "{count} pieces", pieces).format(count=pieces))
        if tokens := sum(file.prepared.tokens for file in self.files if file.prepared):
            facts.append(ngettext("{count} token", "{count} tokens", tokens).format(count=format_count(tokens)))
        if missing := sum(not file.done.is_set() for file in self.files):
            facts.append(_("{count} not ready yet").format(count=missing))
        if broken := sum(bool(file.error) for file in self.files):
            facts.append(_("{count} cannot be sent").format(count=broken))
        facts.append("▾" if self.group.unfolded else "▸")
        return " · ".join(facts)


def rows_of(attachments: Iterable[Attachment]) -> list[Row]:
    """The rows that show ``attachments``, in their order."""
    rows: list[Row] = []
    for group, members in groupby(attachments, key=lambda each: each.group):
        files = tuple(members)
        if group is None or len(files) < 2:
            rows += (Row((file,)) for file in files)
            continue
        rows.append(Row(files, group))
        if group.unfolded:
            rows += (Row((file,), inside=True) for file in files)
    return rows


def document_of(files: Sequence[Attachment]) -> str | None:
    """The name of the document that all of ``files`` are pages or pieces of."""
    paths = {file.spec.path if file.spec.page or file.spec.piece else None for file in files}
    path = paths.pop() if len(paths) == 1 else None
    return path.name if path else None

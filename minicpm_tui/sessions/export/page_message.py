"""Messages of a conversation as articles of a page."""

from __future__ import annotations

import base64
import html
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.i18n import _
from minicpm_tui.messages import BlobReader, ImagePart, MediaPart, Message, Tree, VideoPart, media_of
from minicpm_tui.messages.grounding import Region, regions_below
from minicpm_tui.sessions.export.others import others
from minicpm_tui.sessions.export.page_markdown import PageMarkdown
from minicpm_tui.sessions.labels import ending_label, facts_label, full_label, role_label
from minicpm_tui.text import one_line, printable

_HEADING = 2
"""The level of a message's own heading."""


class Articles:
    """Writes the messages of ``tree``, whose attachments ``blobs`` has."""

    def __init__(self, tree: Tree, blobs: BlobReader) -> None:
        self._tree = tree
        self._path = tree.path()
        self._blobs = blobs
        self._markdown = PageMarkdown()

    def all(self) -> Iterator[str]:
        """The path that is shown, each message followed by what was asked or answered instead, folded."""
        for message in self._path:
            yield self._article(message, full_label(self._tree, message))
            if beside := others(self._tree, message):
                yield self._folded(beside)

    def compared(self, recorded: Iterable[Message | None], copied: Callable[[Message], bool]) -> Iterator[str]:
        """A rerun: each question with the ``recorded`` answer and the new one beside each other.

        ``copied`` tells the answers that are copies of recorded ones.
        """
        before = iter(recorded)
        for message in self._path:
            if message.role == "assistant":
                continue
            yield self._article(message, role_label(message))
            if message.role == "user":
                children = (self._tree.messages[each] for each in self._tree.children.get(message.id, ()))
                new = next((each for each in children if each.role == "assistant" and not copied(each)), None)
                columns = [(next(before, None), _("Recorded answer")), (new, _("New answer"))]
                yield '<div class="columns">'
                yield from (self._article(each, f"{name} · {role_label(each)}") for each, name in columns if each is not None)
                yield "</div>"

    def _folded(self, beside: Sequence[Message]) -> str:
        """Messages that are not shown, under the names of those that begin a branch."""
        label = html.escape(", ".join(full_label(self._tree, each) for each in beside if each.parent == beside[0].parent))
        articles = "\n".join(self._article(each, full_label(self._tree, each)) for each in beside)
        return f'<details class="others"><summary>{label}</summary>\n{articles}\n</details>'

    def _article(self, message: Message, label: str) -> str:
        parts = [f'<article class="{message.role}"><h2 class="who" dir="auto">{html.escape(label)}</h2>']
        regions = tuple(regions_below(self._path, message))
        for pictures, run in itertools.groupby(media_of(message.content), key=lambda part: isinstance(part, ImagePart)):
            shown = "\n".join(_media(part, self._blobs, regions) for part in run)
            parts.append(f'<div class="pictures">{shown}</div>' if pictures else shown)
        if message.reasoning:
            title, reasoning = html.escape(_("Reasoning")), self._markdown.render(message.reasoning, _HEADING)
            parts.append(f"<details><summary>{title}</summary>{reasoning}</details>")
        if message.role == "assistant":
            parts.append(self._markdown.render(message.text, _HEADING))
        elif message.text:
            parts.append(f'<p class="plain" dir="auto">{html.escape(printable(message.text))}</p>')
        if broken := ending_label(message):
            parts.append(f'<p class="note">{html.escape(broken)}</p>')
        if facts := facts_label(message):
            parts.append(f"<footer>{html.escape(facts)}</footer>")
        return "\n".join([*parts, "</article>"])


def _media(part: MediaPart, blobs: BlobReader, regions: Sequence[Region]) -> str:
    name = html.escape(one_line(part.name))
    if not part.digests:
        return f'<p class="note" dir="auto">{name} · {html.escape(one_line(part.source.url or ""))}</p>'
    try:
        urls = [_data_url(part.media_type, blobs.read(digest)) for digest in part.digests]
    except SessionDamaged as error:
        return f'<p class="note" dir="auto">{name}: {html.escape(one_line(str(error)))}</p>'
    caption = f'<figcaption dir="auto">{name}</figcaption>'
    if isinstance(part, ImagePart):
        marks = _marks(part, regions) if regions else ""
        return f'<figure><div class="marked"><img src="{urls[0]}" alt="{name}">{marks}</div>{caption}</figure>'
    if part.file:
        return f'<figure><video controls src="{urls[0]}" aria-label="{name}"></video>{caption}</figure>'
    frames = "".join(
        f'<figure><img src="{url}" alt="{name} {frame.time:.2f} s"><figcaption>{frame.time:.2f} s</figcaption></figure>'
        for url, frame in zip(urls, part.frames, strict=True)
    )
    return f'<figure class="video"><div>{frames}</div><figcaption dir="auto">{name} · {_frames(part)}</figcaption></figure>'


def _marks(part: ImagePart, regions: Sequence[Region]) -> str:
    """What the replies found in a picture, drawn over it."""
    width, height = part.width or 1000, part.height or 1000
    drawn = []
    for region in regions:
        corners = [(x * width, y * height) for x, y in region.corners]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        name = html.escape(one_line(region.name, 60))
        left, top = min(x for x, _y in corners), min(y for _x, y in corners)
        size = max(width, height) / 40
        place = f'<circle cx="{left:.1f}" cy="{top:.1f}" r="{size / 3:.1f}"/>'
        shape = f'<polygon points="{points}"/>' if len(corners) > 1 else place
        text = f'<text x="{left:.1f}" y="{max(top - size / 4, size):.1f}" font-size="{size:.1f}">{name}</text>' if name else ""
        drawn.append(f"<g><title>{name}</title>{shape}{text}</g>")
    names = ", ".join(one_line(region.name, 60) for region in regions if region.name) or _("Marks")
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(names)}">{"".join(drawn)}</svg>'


def _frames(part: VideoPart) -> str:
    return html.escape(_("{count} frames").format(count=len(part.frames)))


def _data_url(media_type: str, data: bytes) -> str:
    kind = "image/jpeg" if media_type == "video/jpeg" else html.escape(one_line(media_type))
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"

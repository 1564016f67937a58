"""One file on the next message: what is known of it so far, and how that is said in one line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count

from minicpm_tui.chat.sharing import MessageFile
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.media.fragment import written_spec
from minicpm_tui.media.pieces import piece_name
from minicpm_tui.messages import VideoPart
from minicpm_tui.text import format_bytes, format_duration, one_line

_ids = count(1)


@dataclass(eq=False)
class Group:
    """A row for the files of one group that stand side by side; ``unfolded`` ones have theirs below it."""

    unfolded: bool = False
    id: str = field(default_factory=lambda: f"group-{next(_ids)}")


@dataclass(eq=False)
class Attachment(MessageFile):
    """``error`` is one line when it cannot be sent. ``done`` is set when it is prepared or has failed.

    ``group`` is what it was attached together with. Once it is ``sent`` it takes no room any more.
    """

    error: str = ""
    progress: float = 0.0
    cancelled: bool = False
    group: Group | None = None
    sent: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)
    id: str = field(default_factory=lambda: f"attachment-{next(_ids)}")

    def redo(self) -> None:
        """It has to be prepared anew."""
        self.prepared = None
        self.done.clear()

    @property
    def written(self) -> str:
        """The path with what is wanted of it, or the address, as drafts keep it."""
        return written_spec(self.spec)

    @property
    def name(self) -> str:
        """The file's name, printable, or the address."""
        given = self.spec.path.name if self.spec.path else (self.spec.url or "")
        name = self.info.name if self.info else given
        page = _(" page {number}").format(number=self.spec.page) if self.spec.page else ""
        return piece_name(one_line(name + page, 40), self.spec)

    @property
    def symbol(self) -> str:
        """Tells a failed one, a video and a picture apart."""
        if self.error:
            return "✗"
        return "▶" if self.is_video else "▣"

    @property
    def is_video(self) -> bool:
        """True once its bytes were looked at and are a video's."""
        return (self.info is not None and self.info.kind == "video") or (
            self.prepared is not None and isinstance(self.prepared.part, VideoPart)
        )

    @property
    def chosen(self) -> tuple[str, ...]:
        """What the user asked of this file in particular."""
        spec = self.spec
        chosen = []
        if spec.start is not None or spec.end is not None:
            end = spec.end if spec.end is not None else self.info.duration if self.info else None
            text = _("{start} to {end}") if end is not None else _("from {start}")
            chosen.append(text.format(start=_moment(spec.start or 0.0), end=_moment(end or 0.0)))
        if spec.count is not None:
            chosen.append(ngettext("{count} frame wanted", "{count} frames wanted", spec.count).format(count=spec.count))
        if spec.slices is not None:
            chosen.append(ngettext("at most {count} slice", "at most {count} slices", spec.slices).format(count=spec.slices))
        if spec.scale is not None:
            chosen.append(_("black to white: {values}").format(values=spec.scale))
        if spec.original:
            chosen.append(_("sent as the original"))
        return tuple(chosen)

    def facts(self) -> str:
        """What was chosen, length or pixels, size, tokens, and what is still being done."""
        if self.error:
            return one_line(self.error)
        facts = [*self.chosen]
        if self.info:
            facts.append(format_duration(self.info.duration) if self.info.duration else f"{self.info.width}×{self.info.height}")
            facts.append(format_bytes(self.info.bytes))
        if self.prepared:
            if isinstance(self.prepared.part, VideoPart) and (frames := len(self.prepared.part.frames)):
                facts.append(ngettext("{count} frame", "{count} frames", frames).format(count=frames))
            if self.prepared.tokens:
                facts.append(
                    ngettext("{count:,} token", "{count:,} tokens", self.prepared.tokens).format(count=self.prepared.tokens)
                )
            facts += [one_line(note) for note in self.prepared.notes]
        elif not self.done.is_set():
            facts.append(_("preparing {percent}%").format(percent=int(self.progress * 100)))
        return " · ".join(facts)


def _moment(seconds: float) -> str:
    """``0:07`` or ``0:07.5``."""
    tenths = f"{seconds % 1:.1f}"[1:]
    return format_duration(seconds) + ("" if tenths == ".0" else tenths)

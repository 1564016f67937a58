"""What the program says around a message: attachments, reasoning, notices, errors, figures."""

from __future__ import annotations

from itertools import groupby
from pathlib import PurePath

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.markdown.line import BLANK, PLAIN, Ink, Line, Run
from minicpm_tui.markdown.wrap import width_of, wrap
from minicpm_tui.media.pages import written_pages
from minicpm_tui.messages import End, ImagePart, MediaPart, Message, VideoPart, message_ending
from minicpm_tui.text import format_bytes, format_count, format_duration, one_line, printable
from minicpm_tui.ui.kit.error_line import error_line

FOLDED = 4
"""Pictures side by side that have a line each; more share one."""
PREVIEW_LINES = 3
_PREVIEW_CHARACTERS = 1500


def branch_line(position: tuple[int, int], width: int) -> list[Line]:
    """``‹ 2/3 ›`` at the right, when there are alternatives."""
    index, count = position
    if count < 2:
        return []
    text = f" {index}/{count} "
    space = max(0, width - width_of(text) - 3)
    before: Ink = ("button", "do=previous") if index > 1 else ("dim",)
    after: Ink = ("button", "do=next") if index < count else ("dim",)
    return [Line(((" " * space, PLAIN), ("‹", before), (text, ("dim",)), ("› ", after)))]


def chip(part: MediaPart) -> str:
    """An attachment in a few words: name, pixels, duration, size."""
    facts = []
    if part.width and part.height:
        facts.append(f"{part.width}×{part.height}")
    if isinstance(part, VideoPart):
        if part.source.duration:
            facts.append(format_duration(part.source.duration))
        if part.frames:
            facts.append(ngettext("{count} frame", "{count} frames", len(part.frames)).format(count=len(part.frames)))
    elif part.source.page:
        facts.append(_("page {page}").format(page=part.source.page))
    if part.source.bytes:
        facts.append(format_bytes(part.source.bytes))
    name = one_line(part.name) or (_("picture") if isinstance(part, ImagePart) else _("video"))
    return " · ".join([name, *facts])


def attachment_lines(parts: tuple[MediaPart, ...], width: int, *, shown: bool = False) -> list[Line]:
    """One line an attachment; many pictures in a row have one together, and theirs below it where they are ``shown``."""
    lines: list[Line] = []
    for pictures, members in groupby(parts, key=lambda part: isinstance(part, ImagePart)):
        run = tuple(members)
        folded = pictures and len(run) > FOLDED
        if folded:
            text = f"{_together(run)} {'▾' if shown else '▸'}"
            lines += _plain([("▣ ", ("user", "chip", "strong")), (text, ("user", "chip", "do=attachments"))], width)
        if not folded or shown:
            mark = "▣ " if pictures else "▶ "
            for part in run:
                lines += _plain([(mark, ("user", "chip", "strong")), (chip(part), ("user", "chip"))], width)
    return [line._replace(fill=("user",)) for line in lines]


def is_folded(parts: tuple[MediaPart, ...]) -> bool:
    """Many pictures share a line."""
    return any(
        pictures and len(tuple(run)) > FOLDED for pictures, run in groupby(parts, key=lambda part: isinstance(part, ImagePart))
    )


def _together(run: tuple[MediaPart, ...]) -> str:
    """Many pictures in a few words: how many, or which document they are of, and how large they are on disk."""
    paths = {part.source.path: part.source.bytes or 0 for part in run}
    count = ngettext("{count} picture", "{count} pictures", len(run)).format(count=len(run))
    pages = list(dict.fromkeys(part.source.page for part in run if part.source.page))
    if len(paths) == 1 and run[0].source.path and (pages or run[0].source.piece):
        of_pages = _("pages {pages}").format(pages=written_pages(pages)) if len(pages) > 1 else count
        count = f"{one_line(PurePath(run[0].source.path).name, 40)} · {of_pages}"
    size = sum(paths.values())
    return f"{count} · {format_bytes(size)}" if size else count


def reasoning_title(seconds: float | None, *, live: bool) -> str:
    """What stands for the folded reasoning."""
    if live:
        return _("Thinking…")
    if seconds is None:
        return _("Thought")
    return _("Thought for {seconds:.0f} s").format(seconds=max(1.0, seconds))


def reasoning_lines(text: str, seconds: float | None, width: int, *, shown: bool, live: bool) -> list[Line]:
    """The reasoning: one line to unfold it; all of it where ``shown``; its end while it is being written."""
    title = f"{reasoning_title(seconds, live=live)} {'▾' if shown else '▸'}"
    lines = [*_plain([(title, ("reasoning", "do=reasoning"))], width)]
    inner = max(4, width - 2)
    if shown:
        body = _plain([(printable(text).strip(), ("reasoning",))], inner)
    elif live:
        body = _plain([(printable(text[-_PREVIEW_CHARACTERS:]).strip(), ("reasoning",))], inner)[-PREVIEW_LINES:]
    else:
        body = []
    bar: Run = ("│ ", ("rule",))
    lines += [Line((bar, *line.runs)) for line in body]
    return [*lines, BLANK]


def waiting_lines(count: int, width: int) -> list[Line]:
    """What stands for a long text of ``count`` characters until it is laid out."""
    text = _("Laying out {count} characters…").format(count=format_count(count))
    return [*_plain([(text, ("dim",))], width), BLANK]


def more_lines(count: int, width: int) -> list[Line]:
    """What brings more of the ``count`` characters of a long text that are not shown."""
    text = ngettext("{count} more character ▾", "{count} more characters ▾", count).format(count=format_count(count))
    return [*_plain([(text, ("button", "do=more"))], width), BLANK]


def notice_lines(text: str, width: int) -> list[Line]:
    """Something the user should know."""
    return [*_plain([("! ", ("notice", "strong")), (one_line(text), ("notice",))], width), BLANK]


def status_lines(message: Message, width: int, *, live: bool, empty: bool) -> list[Line]:
    """How a reply stands or ended: what is wrong with it and what to do; then its figures."""
    if live:
        return _plain([("…", ("dim",))], width) if empty else []
    kind, text = message_ending(message)
    if message.end is not None and message.end.error is not None:
        text = error_line(message.end.error)
    mark, ink = ("✗ ", "error") if kind == "error" else ("■ ", "notice")
    lines = _plain([(mark, (ink,)), (one_line(text), (ink,))], width) if text else []
    if message.end is not None and (figures := figures_of(message.end)):
        lines += _plain([(figures, ("dim",))], width)
    return lines


def figures_of(end: End) -> str:
    """Tokens, tokens a second, time to the first token."""
    facts = []
    if end.usage is not None and (count := end.usage.completion_tokens):
        facts.append(ngettext("{count} token", "{count} tokens", count).format(count=f"{count:,}"))
        writing = end.seconds - (end.first_token_seconds or 0.0)
        if writing > 0 and count > 1:
            facts.append(_("{rate:.1f} tokens/s").format(rate=(count - 1) / writing))
    if end.first_token_seconds is not None:
        facts.append(_("first token {seconds:.2f} s").format(seconds=end.first_token_seconds))
    return " · ".join(facts)


def _plain(runs: list[Run], width: int) -> list[Line]:
    return [line._replace(marks=()) for line in wrap(runs, width)]

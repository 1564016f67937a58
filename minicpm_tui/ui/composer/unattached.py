"""Files that a message names among its words without an ``@``: whoever writes so believes that the model sees them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.text import one_line
from minicpm_tui.ui.composer import pasted

_MOST = 40  # names in one message: more are a list, and no disk is asked for all of it
_SHOWN = 3
_LONGEST = 32_000  # characters; more is a document, not a question
_ENDING = rf"\.(?:{'|'.join(sorted(pasted.SENDABLE - {'ts'}))})(?!\.?[A-Za-z0-9_/-])"  # .ts among words is a program's text
_QUICK = re.compile(_ENDING, re.IGNORECASE)
_OPEN, _CLOSED = "'\"“‘`「『《", "'\"”’`」』》"
_QUOTED = rf"(?<![A-Za-z0-9@])[{_OPEN}](?P<quoted>[^{_OPEN}{_CLOSED}\n]{{1,300}}?{_ENDING})[{_CLOSED}]"
_PLAIN = rf"(?P<plain>(?:\\ |[^\s{_OPEN}{_CLOSED}]){{1,300}}?{_ENDING})"
_NAMED = re.compile(f"{_QUOTED}|{_PLAIN}", re.IGNORECASE)
_GLUED = re.compile(r"(?<=[^\x00-\x7f])|(?<=[(\[{<=:,;|])")
"""Where a name can begin inside a word: Chinese has no blanks around it."""


def might_be_named(text: str) -> bool:
    """Quick and without the disk: False for a message that names no picture, video or PDF."""
    return len(text) <= _LONGEST and _QUICK.search(text) is not None


def read(text: str, folder: Path, attached: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files named in ``text`` that are here, and the paths that are not (blocks). Names in ``attached`` are left out.

    Relative names start in ``folder``; one that does not exist there is a word.
    """
    here: dict[str, None] = {}
    missing: dict[str, None] = {}
    if not might_be_named(text):
        return (), ()
    for _count, match in zip(range(_MOST), _NAMED.finditer(text), strict=False):
        names = [match["quoted"]] if match["quoted"] else list(_beginnings(match["plain"]))
        if match["quoted"] is None and (match["plain"].startswith("@") or re.match(r"[a-z]+://", names[0], re.IGNORECASE)):
            continue
        if any(pasted.file_name(name) in attached for name in names):
            continue
        if found := next((name for name in names if _is_file(pasted.local(name, folder))), None):
            here[found] = None
        elif path := next((name for name in names if pasted.rooted(name)), None):
            missing[path] = None
    return tuple(here), tuple(missing)


def line(names: Sequence[str]) -> str:
    """What to say of ``names``, files that are here and not on the message that was held for them."""
    shown = names[:_SHOWN]
    more = "…" if len(names) > _SHOWN else ""
    said = ngettext(
        "{names} is not attached: {ways} attaches it.", "{names} are not attached: {ways} attach them.", len(names)
    ).format(
        names=one_line(", ".join(shown)) + more,
        ways=one_line(" ".join("@" + name.replace(" ", "\\ ") for name in shown)) + more,
    )
    again = _("Enter once more sends it as text.")
    return f"{said} {again}"


def _beginnings(word: str) -> Iterator[str]:
    """What of ``word`` could be the name, the longest first."""
    name = word.replace("\\ ", " ")
    for start in (0, *(match.start() for match in _GLUED.finditer(name))):
        if rest := name[start:]:
            yield rest


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, a NUL inside, no permission
        return False

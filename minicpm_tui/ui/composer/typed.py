"""Paths in a message that was typed: alone, as ``@path`` among the words, or named there without one."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import msgspec

from minicpm_tui.ui.composer import pasted, unattached

_TOKEN = re.compile(r"(?:^|(?<=\s))@((?:\\ |\S)+)([ \t]?)")
_ENDS = ".,;:!?)]}'\"，。；：！？、）】」』”’"


class Typed(msgspec.Struct, frozen=True):
    """``rest`` is the message without the files ``found``; ``missing`` are paths that are not here.

    Such are all that the message consists of, and those after an ``@`` or written as paths that end like a picture, a video or
    a PDF. ``loose`` are files that are here and named without an ``@``.
    """

    rest: str
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """The user should know something before it is sent."""
        return bool(self.missing or self.loose)


def might_name_files(text: str) -> bool:
    """Quick and without the disk: False for a message that is surely only words."""
    return "@" in text or pasted.might_be_paths(text) or unattached.might_be_named(text)


def read(text: str, folder: Path, attached: Collection[str] = ()) -> Typed:
    """Look at the disk (blocks). Relative paths start in ``folder``; the names ``attached`` are known to the model.

    A message that is nothing but paths is left empty. An ``@path`` goes with its word, except in the middle of a sentence:
    there the file's name stays.
    """
    if pasted.might_be_paths(text):
        alone = pasted.read(text, folder)
        if alone.missing:
            return Typed(text, missing=alone.missing)
        if alone.found:
            return Typed("", alone.found)
    found: dict[str, None] = {}
    missing: dict[str, None] = {}
    within = any(text[: match.start()].strip() and text[match.end() :].strip() for match in _TOKEN.finditer(text))

    def taken(match: re.Match[str]) -> str:
        path, end = _file(match[1], folder)
        if path is None:
            name = match[1].replace("\\ ", " ").rstrip(_ENDS)
            if pasted.sendable(name):
                missing[name] = None
            return match[0]
        found[str(path)] = None
        left = (path.name if within else "") + end
        return left + match[2] if left else ""

    rest = _TOKEN.sub(taken, text)
    if found:  # it is not sent yet: what else it names is looked at then
        return Typed(rest.strip(), tuple(found), tuple(missing))
    loose, gone = unattached.read(text, folder, attached)
    return Typed(text, missing=tuple(dict.fromkeys((*missing, *gone))), loose=loose)


def _file(token: str, folder: Path) -> tuple[Path | None, str]:
    """The file that ``token`` names, and the punctuation that follows its name."""
    name = token.replace("\\ ", " ")
    while name:
        path = pasted.local(name, folder)
        if pasted.exists(path) and (pasted.sendable(path.name) or pasted.is_real_folder(path)):
            return path, token.replace("\\ ", " ")[len(name) :]
        if name[-1] not in _ENDS:
            break
        name = name[:-1]
    return None, ""

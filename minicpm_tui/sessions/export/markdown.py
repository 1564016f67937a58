"""Markdown, with the attachments as files in a folder beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.files import PRIVATE_DIR, refuse_taken, storage_errors, write_durably
from minicpm_tui.i18n import _
from minicpm_tui.messages import ImagePart, MediaPart, Message, Tree, VideoPart, media_of
from minicpm_tui.sessions.attachments import extension
from minicpm_tui.sessions.export.markdown_text import closed, label, plain, quoted, target
from minicpm_tui.sessions.export.options import Options
from minicpm_tui.sessions.export.others import others
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.labels import date_label, ending_label, full_label

_BELOW = 2
"""Levels of headings above a message's own."""


def has_attachments(journal: Journal) -> bool:
    """True when there are files to write beside the text."""
    return any(part.digests for message in _all(journal.tree) for part in media_of(message.content))


def render(journal: Journal, _options: Options) -> bytes:
    """The text of a session without attachments."""
    return _text(journal, "", {}).encode()


def write(journal: Journal, path: Path, overwrite: bool, _options: Options) -> None:
    """Write ``path`` and, where there are attachments, ``<stem>-files/``. Raises StorageError, NameTaken."""
    folder = path.with_name(f"{path.stem}-files")
    lost: dict[str, str] = {}
    if has_attachments(journal):
        if not overwrite:
            refuse_taken(folder)
        with storage_errors(folder):
            folder.mkdir(mode=PRIVATE_DIR, exist_ok=True)
        for name, digest in _files(_all(journal.tree)):
            try:
                data = journal.blobs.read(digest)
            except SessionDamaged as error:
                lost[digest] = error.title
            else:
                write_durably(folder / name, data)
    write_durably(path, _text(journal, folder.name, lost).encode(), overwrite=overwrite)


def _all(tree: Tree) -> tuple[Message, ...]:
    """The messages of the path, each followed by those beside it."""
    return tuple(each for message in tree.path() for each in (message, *others(tree, message)))


def _text(journal: Journal, folder: str, lost: Mapping[str, str]) -> str:
    """``lost`` says of digests why there are no files for them."""
    tree = journal.tree
    names = dict(_named(_all(tree)))

    def blocks(message: Message) -> Iterator[str]:
        if message.reasoning:
            title = _("Reasoning")
            yield f"<details><summary>{title}</summary>\n\n{closed(message.reasoning, _BELOW)}\n\n</details>"
        if message.text:
            yield closed(message.text, _BELOW) if message.role == "assistant" else plain(message.text)
        for place, part in _media_places(message):
            yield _media(part, folder, names.get((message.id, place), []), lost)
        if broken := ending_label(message):
            yield f"*{label(broken)}*"

    text = [f"# {label(journal.title) or journal.id}", f"{journal.id} · {date_label(journal.created)}"]
    for message in tree.path():
        text += [f"## {label(full_label(tree, message))}", *blocks(message)]
        for other in others(tree, message):
            text.append(quoted("\n\n".join([f"**{label(full_label(tree, other))}**", *blocks(other)])))
    return "\n\n".join(text) + "\n"


def _media(part: MediaPart, folder: str, files: list[tuple[str, str]], lost: Mapping[str, str]) -> str:
    name = label(part.name)
    if not files:
        return f"[{name}]({target(part.source.url or part.name)})"
    if not isinstance(part, VideoPart) or not part.frames:
        return "\n".join(_file(name, folder, file, lost) for file in files)
    pictures = (_file(f"{name} {frame.time:.2f} s", folder, file, lost) for frame, file in zip(part.frames, files, strict=True))
    times = ", ".join(f"{frame.time:.2f}" for frame in part.frames)
    return f"**{name}** ({times} s)\n\n" + "\n".join(pictures)


def _file(name: str, folder: str, file: tuple[str, str], lost: Mapping[str, str]) -> str:
    path, digest = file
    return f"*{name}: {label(lost[digest])}*" if digest in lost else f"![{name}]({target(f'{folder}/{path}')})"


def _files(path: tuple[Message, ...]) -> Iterator[tuple[str, str]]:
    for _place, files in _named(path):
        yield from files


def _named(path: tuple[Message, ...]) -> Iterator[tuple[tuple[str, int], list[tuple[str, str]]]]:
    """For each attachment, by message and place, its files' names and digests."""
    number = 0
    for message in path:
        for place, part in _media_places(message):
            number += 1
            stem = f"{number:02}-{_safe(part.name)}"
            if isinstance(part, ImagePart) or part.file:
                yield (message.id, place), [(f"{stem}.{extension(part.media_type)}", digest) for digest in part.digests]
            else:
                yield (
                    (message.id, place),
                    [(f"{stem}-{index:03}.jpg", frame.sha256) for index, frame in enumerate(part.frames, 1)],
                )


def _media_places(message: Message) -> Iterator[tuple[int, MediaPart]]:
    yield from enumerate(media_of(message.content))


def _safe(name: str) -> str:
    """A file's name without folder, ending and anything a shell or another system could trip over."""
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return re.sub(r"[^\w-]+", "-", stem).strip("-")[:40] or "attachment"

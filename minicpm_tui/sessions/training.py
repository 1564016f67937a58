"""Conversations as data for fine-tuning: whole turns of the answers that were chosen, their pictures as files beside.

``openai.jsonl`` has the messages of OpenAI's chat fine-tuning, content always a list so that columns have one type;
``sharegpt.json`` what LLaMA-Factory reads; ``openbmb.json`` what https://github.com/OpenBMB/MiniCPM-V/tree/main/finetune reads:
roles ``user`` and ``assistant`` alone, beginning with the user, and pictures by name in ``image``, at least one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.errors import SessionDamaged
from minicpm_tui.files import PRIVATE_DIR, refuse_taken, storage_errors, write_durably
from minicpm_tui.messages import BlobReader, Message, VideoPart, media_of, message_ending
from minicpm_tui.messages.request import BREAK
from minicpm_tui.sessions.attachments import extension
from minicpm_tui.sessions.journal import Journal

PICTURES = "images"
_PLACE = re.compile(r"<(?=(?:image(?:_\d+)?|video|audio)>)")
"""What readers would take for the place of a picture where it is only written."""


@dataclass
class Written:
    """What became training data, and what did not: turns that were stopped, failed, cut or not answered (``unfinished``), and
    turns of which pictures are missing or were never kept (``lost``)."""

    sessions: int = 0
    turns: int = 0
    unfinished: int = 0
    lost: int = 0


@dataclass(frozen=True)
class _Turn:
    question: str
    answer: str
    pictures: tuple[str, ...]


@dataclass
class _Sample:
    id: str
    system: str
    turns: list[_Turn] = field(default_factory=list)


def write(journals: Iterable[Journal], folder: Path, *, overwrite: bool = False) -> Written:
    """Write the three files and ``images/`` into ``folder``, which is made.

    Journals are read one at a time and may be opened as they are asked for. Raises NameTaken, StorageError. Blocks.
    """
    if not overwrite:
        refuse_taken(folder)
    with storage_errors(folder):
        (folder / PICTURES).mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
    written = Written()
    samples = [sample for journal in journals if (sample := _sample(journal, folder, written)).turns]
    written.sessions = len(samples)
    lines = b"".join(msgspec.json.encode(_openai(each)) + b"\n" for each in samples)
    write_durably(folder / "openai.jsonl", lines, overwrite=True)
    write_durably(folder / "sharegpt.json", _array(map(_sharegpt, samples)), overwrite=True)
    write_durably(folder / "openbmb.json", _array(_openbmb(each) for each in samples if _pictures(each)), overwrite=True)
    return written


def _array(samples: Iterable[dict[str, Any]]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(list(samples)), indent=1) + b"\n"


def _sample(journal: Journal, folder: Path, written: Written) -> _Sample:
    """The whole turns of a session's path; pictures are copied, and what is left out is counted in ``written``."""
    system = journal.settings.get("system")
    sample = _Sample(journal.id, system if isinstance(system, str) else "")
    path = journal.tree.path()
    for question, answer in zip(path, (*path[1:], None), strict=True):
        if question.role == "system":
            sample.system = question.text
        if question.role != "user":
            continue
        if answer is None or answer.role != "assistant" or message_ending(answer).kind != "complete":
            written.unfinished += 1
            continue
        try:
            pictures = tuple(_copied(question, journal.blobs, folder))
        except SessionDamaged:
            written.lost += 1
            continue
        sample.turns.append(_Turn(_text(question.text), _text(answer.text), pictures))
        written.turns += 1
    return sample


def _text(text: str) -> str:
    return _PLACE.sub(f"<{BREAK}", text)


def _copied(message: Message, blobs: BlobReader, folder: Path) -> Iterator[str]:
    """The names of a message's pictures and frames once they lie in ``folder``.

    Raises SessionDamaged where one is missing, or was never kept as pictures (a whole video, a web address).
    """
    for part in media_of(message.content):
        if not part.digests or (isinstance(part, VideoPart) and not part.frames):
            raise SessionDamaged(part.name)
        for digest in part.digests:
            name = f"{PICTURES}/{digest}.{extension(part.media_type)}"
            if not (folder / name).exists():
                write_durably(folder / name, blobs.read(digest))
            yield name


def _pictures(sample: _Sample) -> list[str]:
    return [picture for turn in sample.turns for picture in turn.pictures]


def _openai(sample: _Sample) -> dict[str, Any]:
    def text(value: str) -> dict[str, Any]:
        return {"type": "text", "text": value}

    messages: list[dict[str, Any]] = [{"role": "system", "content": [text(sample.system)]}] if sample.system else []
    for turn in sample.turns:
        pictures = [{"type": "image_url", "image_url": {"url": picture}} for picture in turn.pictures]
        messages.append({"role": "user", "content": [*pictures, text(turn.question)]})
        messages.append({"role": "assistant", "content": [text(turn.answer)]})
    return {"messages": messages}


def _sharegpt(sample: _Sample) -> dict[str, Any]:
    conversation = []
    for turn in sample.turns:
        conversation.append({"from": "human", "value": "<image>" * len(turn.pictures) + turn.question})
        conversation.append({"from": "gpt", "value": turn.answer})
    return {"id": sample.id, "conversations": conversation, "system": sample.system, "images": _pictures(sample)}


def _openbmb(sample: _Sample) -> dict[str, Any]:
    image: dict[str, str] = {}
    conversation = []
    for number, turn in enumerate(sample.turns):
        places = [f"<image_{place:02}>" for place in range(len(image), len(image) + len(turn.pictures))]
        image |= zip(places, turn.pictures, strict=True)
        system = sample.system if number == 0 else ""
        lines = [line for line in (system, *places, turn.question) if line]
        conversation.append({"role": "user", "content": "\n".join(lines)})
        conversation.append({"role": "assistant", "content": turn.answer})
    return {"id": sample.id, "image": image, "conversations": conversation}

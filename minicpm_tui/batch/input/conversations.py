"""Conversations as fine-tuning sets hold them: OpenBMB's and LLaVA's ``conversations``, ShareGPT, the ``messages`` of ms-swift
and LLaMA-Factory, and ``query`` or ``instruction`` with a ``history``.

https://github.com/OpenBMB/MiniCPM-V/tree/main/finetune, https://swift.readthedocs.io/en/latest/Customization/Custom-dataset.html,
https://github.com/hiyouga/LLaMA-Factory/tree/main/data

The last user turn is what is asked, with the turns before it. The reply to it is no part of the request: it is the column
``answer``, which ``--expect`` can compare with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from minicpm_tui.batch.input.files import files_in
from minicpm_tui.batch.input.marks import Marks, first_mark
from minicpm_tui.batch.records import Content, Turn
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

_ROLES = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "system": "system",
}
_SOUNDS = ("audio", "audios")


def is_conversation(record: Mapping[str, Any]) -> bool:
    """Whether ``record`` holds one."""
    return any(isinstance(record.get(name), list) for name in ("messages", "conversations")) or (
        any(isinstance(record.get(name), str) for name in ("query", "instruction")) and "text" not in record
    )


class Conversation:
    """Reads the conversation in ``record``; ``place`` is its line. ``answer`` is the reply to the question. Raises UsageError."""

    def __init__(self, record: Mapping[str, Any], place: str) -> None:
        self._place = place
        self.files: list[str] = []
        self.system: str | None = record["system"] if isinstance(record.get("system"), str) else None
        self.answer = ""
        if name := next((name for name in _SOUNDS if record.get(name)), ""):
            raise UsageError(_("{place}: {field}: sound is not supported").format(place=place, field=name))
        said = list(self._said(record))
        self._marks = self._marks_of(record, said)
        turns = [Turn(role, self._content(content)) for role, content in said]
        if turns and turns[-1].role == "assistant":
            self.answer = turns.pop().text
        if not turns or turns[-1].role != "user":
            raise UsageError(_("{place}: the conversation has no question").format(place=place))
        self._marks.finish()
        self.turns = tuple(turns)

    def _said(self, record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Roles and contents; a system message is kept apart."""
        name = next((name for name in ("messages", "conversations") if isinstance(record.get(name), list)), "")
        if not name:
            yield from self._asked(record)
            return
        for number, message in enumerate(record[name]):
            place = f"{self._place}: {name}[{number}]"
            if not isinstance(message, Mapping):
                raise UsageError(_("{place} is no message").format(place=place))
            role, content = message.get("role", message.get("from")), message.get("content", message.get("value"))
            if role not in _ROLES:
                raise UsageError(_("{place}: the role “{role}” is not understood").format(place=place, role=role))
            if not isinstance(content, (str, list)):
                raise UsageError(_("{place} has no text").format(place=place))
            if _ROLES[role] == "system":
                self.system = content if isinstance(content, str) else ""
            else:
                yield _ROLES[role], content

    def _asked(self, record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Of ms-swift's ``query`` and Alpaca's ``instruction``."""
        for number, pair in enumerate(record.get("history") or ()):
            if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)):
                place = f"{self._place}: history[{number}]"
                raise UsageError(_("{place} is no question with its answer").format(place=place))
            yield from zip(("user", "assistant"), pair, strict=True)
        parts = (record.get("query"), record.get("instruction"), record.get("input"))
        yield "user", "\n".join(part for part in parts if isinstance(part, str) and part)
        answer = record.get("response", record.get("output"))
        if isinstance(answer, str):
            yield "assistant", answer

    def _marks_of(self, record: Mapping[str, Any], said: list[tuple[str, Any]]) -> Marks:
        """Where the files of ``record`` go. Without any mark they come first, as the trainers have it."""
        named: dict[str, int] = {}
        images: list[int] = []
        image = record.get("image")
        if isinstance(image, Mapping) and image and all(str(key).startswith("<") for key in image):
            for mark, file in image.items():
                named[mark] = self._add(file, "image")[0]
        else:
            images += self._add(image, "image")
        images += self._add(record.get("images"), "images")
        videos = [number for name in ("video", "videos") for number in self._add(record.get(name), name)]
        marked = any(isinstance(content, str) and first_mark(content) for _role, content in said)
        if not marked and self.files and said:
            role, first = said[0]
            marks = "".join([*named, "<image>" * len(images), "<video>" * len(videos)])
            said[0] = (role, f"{marks}{first}" if isinstance(first, str) else [{"type": "text", "text": marks}, *first])
        return Marks(images, videos, named, place=self._place)

    def _add(self, value: Any, field: str) -> list[int]:
        """The numbers of the files that ``value`` names, which are kept."""
        found = list(files_in(value, f"{self._place}: {field}"))
        self.files += found
        return list(range(len(self.files) - len(found), len(self.files)))

    def _content(self, content: str | list[Any]) -> Content:
        if isinstance(content, str):
            return self._marks.content(content)
        return tuple(piece for number, part in enumerate(content) for piece in self._part(part, number))

    def _part(self, part: Any, number: int) -> Content:
        """A content part in OpenAI's form or Qwen's."""
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind == "text" and isinstance(part.get("text"), str):
            return self._marks.content(part["text"])
        if kind in {"image", "image_url", "video", "video_url"} and part.get(kind):
            return tuple(self._add(part[kind], f"content[{number}].{kind}"))
        raise UsageError(_("{place}: content[{number}] is not understood").format(place=self._place, number=number))

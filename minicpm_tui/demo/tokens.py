"""Counts tokens about as MiniCPM-V does and splits a reply into pieces of a token's size."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

_PIECE = re.compile(
    r"\n+| ?[A-Za-z]{1,7}| ?\d{1,3}|[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]{1,2}| ?[^\w\s]{1,3}|[ \t]+|.",
    re.DOTALL,
)
_DEFAULT_SYSTEM = "You are a helpful assistant."


def pieces(text: str) -> list[str]:
    """``text`` cut into token-sized pieces; joined they are ``text`` again."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """Tokens of a text: one for a short word, a number, a mark, or two Chinese characters."""
    return len(pieces(text))


def ids(text: str, vocabulary: int) -> list[int]:
    """Made-up token ids, the same for the same piece."""
    return [zlib.crc32(piece.encode("utf-8", "replace")) % vocabulary for piece in pieces(text)]


def rendered(messages: Sequence[tuple[str, str]], *, generation: bool = True) -> str:
    """Roles and texts as the chat template writes them."""
    turns = list(messages)
    if not turns or turns[0][0] != "system":
        turns.insert(0, ("system", _DEFAULT_SYSTEM))
    text = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in turns)
    return text + ("<|im_start|>assistant\n" if generation else "")


def count_rendered(text: str) -> int:
    """Tokens of a rendered prompt: its marks are one token each."""
    return sum(1 if part.startswith("<|im_") else count(part) for part in re.split(r"(<\|im_(?:start|end)\|>)", text) if part)

"""Tokens: what a conversation costs, what the model takes, and what to do when the one is more than the other. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from minicpm_tui.families import Family, image_tokens, video_tokens
from minicpm_tui.media.frame_times import LEAST
from minicpm_tui.messages import ImagePart, MediaPart, Message, media_of

MESSAGE_TOKENS = 5
"""The chat template's marks around one message; 2.6 writes ``<|im_start|>user\\n…<|im_end|>\\n``."""
REPLY_TOKENS = 512
"""Room that is kept for a reply when the user set no ``max_tokens``; never more than an eighth of the context."""
UNKNOWN_PICTURE = (1344, 1344)
"""Pixels assumed of a picture behind a URL: more never reaches the model."""
UNKNOWN_FRAMES = 32
"""Frames vLLM takes of a whole file."""

_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True)
class FewerFrames:
    """Take at most ``frames`` frames of the new video ``index`` (among the new attachments), None: of every one."""

    index: int | None
    frames: int


@dataclass(frozen=True)
class SmallerPictures:
    """Prepare the new pictures for at most ``max_slices`` slices."""

    max_slices: int


@dataclass(frozen=True)
class DropTurns:
    """Leave the ``count`` oldest turns out of the request."""

    count: int


Proposal = FewerFrames | SmallerPictures | DropTurns


@dataclass(frozen=True)
class Budget:
    """Tokens of a message that is about to be sent.

    ``history`` has the tokens of each earlier turn, oldest first, ``dropped`` of which are left out; ``text`` and ``media`` (one
    each) are the new message's; ``reply`` is the room kept for the answer, ``asked`` what the user asked for of it at least;
    ``limit`` is the model's context, None when unknown.
    """

    history: tuple[int, ...]
    text: int
    media: tuple[int, ...]
    reply: int
    limit: int | None
    dropped: int = 0
    asked: int = 1

    @property
    def total(self) -> int:
        """Prompt and reply together."""
        return sum(self.history[self.dropped :]) + self.text + sum(self.media) + self.reply

    @property
    def fits(self) -> bool:
        """True when the prompt and the whole room for the reply are within the limit, or no limit is known."""
        return self.limit is None or self.total <= self.limit

    @property
    def possible(self) -> bool:
        """True when the server may take it, though with less room for the reply."""
        return self.limit is None or self.total - self.reply + self.asked <= self.limit

    @property
    def left(self) -> int | None:
        """Tokens for further attachments; None when the limit is unknown."""
        return None if self.limit is None else max(self.limit - self.total, 0)

    @property
    def turns_to_drop(self) -> int | None:
        """How many of the oldest turns have to go until it fits; None when even that does not help."""
        if self.limit is None:
            return self.dropped
        spare = self.limit - (self.total - sum(self.history[self.dropped :]))
        kept = list(accumulate(reversed(self.history[self.dropped :]), initial=0))
        room = max((count for count, tokens in enumerate(kept) if tokens <= spare), default=None)
        return None if room is None else len(self.history) - room


def part_tokens(part: MediaPart, family: Family, *, index: int = 0, max_slices: int | None = None) -> int:
    """What a picture or video costs by the family's formula."""
    if isinstance(part, ImagePart):
        width, height = (part.width, part.height) if part.width and part.height else UNKNOWN_PICTURE
        return image_tokens(family, width, height, max_slices, index=index)
    side = family.slicing.scale_resolution
    return video_tokens(family, len(part.frames) or UNKNOWN_FRAMES, part.width or side, part.height or side, index=index)


def fewest_tokens(family: Family) -> int:
    """What a video of the fewest frames costs that still tell what happens in it."""
    side = family.slicing.scale_resolution
    return video_tokens(family, LEAST, side, side)


@lru_cache(maxsize=1024)  # the whole history is counted at every turn
def guess_tokens(text: str) -> int:
    """Tokens of a text without a tokenizer: 1.5 Chinese characters, or 3.5 others, are one."""
    wide = len(_WIDE.findall(text))
    return round(wide / 1.5 + (len(text) - wide) / 3.5 + 0.5)


def turns_of(path: Sequence[Message]) -> list[list[Message]]:
    """The path in turns: each begins with a user message."""
    turns: list[list[Message]] = []
    for message in path:
        if message.role == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def history_tokens(path: Sequence[Message], family: Family) -> tuple[int, ...]:
    """Tokens of each turn of ``path``: by formula and guess, corrected by what the server counted last."""
    costs = [[_message_tokens(message, family) for message in turn] for turn in turns_of(path)]
    factor = _correction(path, costs)
    return tuple(sum(round(media + text * factor) for media, text in turn) for turn in costs)


def dropped_before(path: Sequence[Message]) -> int:
    """How many of the oldest turns the last reply was asked without."""
    for message in reversed(path):
        if message.role == "assistant":
            count = (message.request or {}).get("dropped_turns", 0)
            return count if isinstance(count, int) and count > 0 else 0
    return 0


def reply_room(max_tokens: int | None, limit: int | None) -> int:
    """Tokens to keep free for the reply."""
    if max_tokens is not None:
        return max_tokens
    return REPLY_TOKENS if limit is None else min(REPLY_TOKENS, limit // 8)


def proposals(budget: Budget, parts: Sequence[MediaPart], family: Family) -> list[Proposal]:
    """Each of these alone makes it fit; the mildest first. Several videos are shortened together where one is not enough."""
    if budget.fits or budget.limit is None:
        return []
    over = budget.total - budget.limit
    found: list[Proposal] = []
    drop = budget.turns_to_drop
    if drop is not None:
        found.append(DropTurns(drop))
    for index, part in enumerate(parts):
        frames = 0 if isinstance(part, ImagePart) else len(part.frames)
        each = budget.media[index] / frames if frames else 0.0
        if frames and (count := frames - int(-(-over // each))) >= 4:
            found.append(FewerFrames(index, count))
    if not any(isinstance(each, FewerFrames) for each in found):
        found += _every_video(budget, parts, over)
    pictures = [(index, part) for index, part in enumerate(parts) if isinstance(part, ImagePart) and part.sha256]
    for slices in range(family.slicing.max_slices - 1, 0, -1):
        saved = sum(budget.media[index] - part_tokens(part, family, max_slices=slices) for index, part in pictures)
        if saved >= over:
            found.append(SmallerPictures(slices))
            break
    return found


def _every_video(budget: Budget, parts: Sequence[MediaPart], over: int) -> list[Proposal]:
    """The most frames of each new video that save ``over`` tokens, when there are several."""
    frames = [0 if isinstance(part, ImagePart) else len(part.frames) for part in parts]
    if sum(map(bool, frames)) < 2:
        return []
    for count in range(max(frames) - 1, 1, -1):
        kept = (tokens * min(count / own, 1.0) for tokens, own in zip(budget.media, frames, strict=True) if own)
        saved = sum(tokens for tokens, own in zip(budget.media, frames, strict=True) if own) - sum(kept)
        if saved >= over:
            return [FewerFrames(None, count)]
    return []


def shortfall(used: int, before: int, media: int) -> int:
    """Tokens of new media that the server did not read: ``used`` and ``before`` are two replies' ``prompt_tokens``."""
    missing = media - (used - before)
    return missing if missing > max(8, media * 0.03) else 0


def _message_tokens(message: Message, family: Family) -> tuple[int, int]:
    media = sum(part_tokens(part, family) for part in media_of(message.content))
    return media, guess_tokens(message.text) + MESSAGE_TOKENS


def _correction(path: Sequence[Message], costs: list[list[tuple[int, int]]]) -> float:
    """By how much the texts of ``path`` cost more than guessed, as the last reply's usage tells."""
    flat = [cost for turn in costs for cost in turn]
    for index in range(len(path) - 1, -1, -1):
        end = path[index].end
        if path[index].role == "assistant" and end is not None and end.usage is not None:
            skipped = sum(len(turn) for turn in costs[: dropped_before(path[: index + 1])])
            asked = flat[skipped:index]
            media, text = sum(cost[0] for cost in asked), sum(cost[1] for cost in asked)
            return min(max((end.usage.prompt_tokens - media) / text, 0.25), 6.0) if text else 1.0
    return 1.0

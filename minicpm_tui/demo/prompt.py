"""What a request holds once its media are decoded, and how many tokens that is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from minicpm_tui.demo import refusals, tokens
from minicpm_tui.demo.cache import MediaCache
from minicpm_tui.demo.fetch import data_of
from minicpm_tui.demo.media import Seen, look_at_frames, look_at_picture, look_at_video
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.partcheck import MEDIA_KINDS
from minicpm_tui.demo.prefixes import PrefixCache
from minicpm_tui.families import Family, image_tokens, recognise, video_tokens


class Item(msgspec.Struct, frozen=True):
    """A picture or video, the user turn (from 1) that it came with, the message's index, and its tokens."""

    seen: Seen
    turn: int
    place: int
    tokens: int


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as the demo server sees it.

    ``question`` is the last user message's text, ``tokens`` the whole length, ``cached_tokens`` what the prefix cache had of it.
    """

    question: str
    turns: int
    system: str
    items: tuple[Item, ...]
    tokens: int
    cached_tokens: int = 0


def read_prompt(
    messages: list[dict[str, Any]], options: DemoOptions, cache: MediaCache, prefixes: PrefixCache | None = None
) -> Prompt:
    """Decode and count. Blocks. Raises Refusal in the order in which vLLM finds fault."""
    _check_limits(messages, options)
    texts = [(str(message.get("role")), text_of(message)) for message in messages]
    text = tokens.rendered(texts)
    _check_text(text, options)
    items = () if options.faults.drops_media else tuple(_items(messages, options, cache))
    total = tokens.count_rendered(text) + sum(item.tokens for item in items)
    if total > options.max_model_len:
        raise refusals.too_many_tokens(options.max_model_len, total)
    asked = [words for role, words in texts if role == "user"]
    return Prompt(
        question=asked[-1] if asked else "",
        turns=len(asked),
        system="\n".join(words for role, words in texts if role == "system"),
        items=items,
        tokens=total,
        cached_tokens=prefixes.cached(_steps(texts, items)) if prefixes else 0,
    )


def _steps(texts: Sequence[tuple[str, str]], items: Sequence[Item]) -> list[tuple[str, int]]:
    """What tells each message from others, and its tokens."""
    steps = []
    for place, (role, words) in enumerate(texts):
        own = [item for item in items if item.place == place]
        content = f"{role}:{words}:{[item.seen.digest for item in own]}"
        steps.append((content, tokens.count(words) + sum(item.tokens for item in own)))
    return steps


def text_of(message: dict[str, Any]) -> str:
    """The text parts of a message, joined as the chat template joins them."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part.get("type") == "text")
    return "" if content is None else str(content)


def _parts(messages: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], str, int, int]]:
    """The media parts with their modality, turn and message's index."""
    turn = 0
    for place, message in enumerate(messages):
        turn += message.get("role") == "user"
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if part.get("type") in MEDIA_KINDS:
                yield part, MEDIA_KINDS[part["type"]], turn, place


def _check_limits(messages: list[dict[str, Any]], options: DemoOptions) -> None:
    limits = {"image": options.images, "video": options.videos, "audio": 0}
    counted = dict.fromkeys(limits, 0)
    for _part, kind, _turn, _place in _parts(messages):
        counted[kind] += 1
        if counted[kind] > limits[kind]:
            raise refusals.too_many(kind, limits[kind])


def _check_text(text: str, options: DemoOptions) -> None:
    bound = options.max_model_len * options.max_chars_per_token
    if len(text) > bound:
        raise refusals.too_many_characters(options.max_model_len, len(text), bound)
    if tokens.count_rendered(text) > options.max_model_len:
        raise refusals.too_many_text_tokens(options.max_model_len)


def _items(messages: list[dict[str, Any]], options: DemoOptions, cache: MediaCache) -> Iterator[Item]:
    counted = {"image": 0, "video": 0, "audio": 0}
    family = recognise(options.model)
    for part, kind, turn, place in _parts(messages):
        seen, index = _seen(part, kind, counted[kind], options, cache), counted[kind]
        yield Item(seen, turn, place, _tokens(seen, index, family))
        counted[kind] += 1


def _tokens(seen: Seen, index: int, family: Family) -> int:
    """What the family takes for it, and the line end that the chat template puts after it."""
    if seen.kind == "image":
        return image_tokens(family, seen.width, seen.height, index=index) + 1
    return video_tokens(family, seen.frames, seen.width, seen.height, index=index) + 1


def _seen(part: dict[str, Any], kind: str, index: int, options: DemoOptions, cache: MediaCache) -> Seen:
    address = part.get(part["type"]) or {}
    uuid = part.get("uuid")
    if not address:
        return _remembered(kind, str(uuid), index, options, cache)
    media_type, data = data_of(address["url"], part["type"], options.allowed_local_media_path)
    digest = hashlib.sha256(b"\n".join(data)).hexdigest()
    seen = msgspec.structs.replace(_look(kind, media_type, data, options.num_frames), digest=digest)
    key = str(uuid) if uuid else digest
    known = cache.find(kind, key)
    if known is None:
        cache.keep(key, seen)
    return known or seen


def _remembered(kind: str, uuid: str, index: int, options: DemoOptions, cache: MediaCache) -> Seen:
    if kind == "video" and options.faults.no_video_uuid:
        raise refusals.no_video_uuid()
    if options.cache_items == 0:
        raise refusals.no_cache()
    seen = None if options.faults.forget_media else cache.find(kind, uuid)
    if seen is None:
        raise refusals.cache_miss(kind, index)
    return seen


def _look(kind: str, media_type: str, data: list[bytes], num_frames: int) -> Seen:
    if kind == "image":
        return look_at_picture(data[0])
    if media_type == "video/jpeg":
        frames = data if num_frames < 0 else data[:num_frames]
        return look_at_frames(frames, sum(map(len, data)))
    return look_at_video(data[0], num_frames)

"""What a request to a model of a family needs to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from minicpm_tui.families.family import Family
from minicpm_tui.families.recognise import read_config, read_json
from minicpm_tui.messages import RequestProfile

_TOKENIZER_LIMIT = 64_000_000


def request_profile(family: Family, folder: Path | None = None) -> RequestProfile:
    """The family's way of being asked; stop ids from the model's ``folder`` where that can be read, else the family's.

    Reads files: call it from a thread when ``folder`` is given.
    """
    return RequestProfile(
        stop_token_ids=(stop_ids(family, folder) if folder else ()) or family.stop_token_ids,
        temperature=family.temperature,
        top_p=family.top_p,
        knows_thinking=family.thinking != "none",
        thinks_by_default=family.thinking == "default",
        placeholders=family.placeholders,
    )


def stop_ids(family: Family, folder: Path) -> tuple[int, ...]:
    """The ids that end a reply, as the files of a model folder have them; empty when they say nothing.

    ``generation_config.json`` names some; the family's ``stop_tokens`` are looked up among the tokenizer's added tokens, because
    the former is incomplete for some (MiniCPM-Llama3-V 2.5 leaves out ``<|eot_id|>``).
    """
    named = _ids(read_json(folder / "generation_config.json", _TOKENIZER_LIMIT).get("eos_token_id"))
    added = dict(_added_tokens(folder)) if family.stop_tokens else {}
    found = [added[token] for token in family.stop_tokens if token in added]
    return tuple(dict.fromkeys([*named, *found])) or tuple(_ids(read_config(folder).get("eos_token_id")))


def _ids(value: object) -> list[int]:
    values: Iterable[object] = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, int) and not isinstance(item, bool) and item >= 0]


def _added_tokens(folder: Path) -> Iterator[tuple[str, int]]:
    """Token and id, from the small files first, which a later one completes."""
    decoder = read_json(folder / "tokenizer_config.json", _TOKENIZER_LIMIT).get("added_tokens_decoder")
    if isinstance(decoder, dict) and decoder:
        yield from ((token["content"], int(key)) for key, token in decoder.items() if _has_content(token) and key.isdigit())
        return
    if added := read_json(folder / "added_tokens.json", _TOKENIZER_LIMIT):
        yield from ((token, key) for token, key in added.items() if isinstance(key, int))
        return
    listed = read_json(folder / "tokenizer.json", _TOKENIZER_LIMIT).get("added_tokens")
    for token in listed if isinstance(listed, list) else []:
        if _has_content(token) and isinstance(token.get("id"), int):
            yield token["content"], token["id"]


def _has_content(token: Any) -> bool:
    return isinstance(token, dict) and isinstance(token.get("content"), str)

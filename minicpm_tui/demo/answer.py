"""Writes the demo server's answer: facts about what it was sent, as Markdown, in the language of the question."""

from __future__ import annotations

import json
import re

from minicpm_tui.demo.longer import wanted_length, words_of
from minicpm_tui.demo.media import Colours, Seen
from minicpm_tui.demo.prompt import Item, Prompt
from minicpm_tui.i18n import N_, translate
from minicpm_tui.text import format_bytes, format_duration

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_CODE = re.compile(r"\b(code|python|script|function|program|json)\b|代码|程序|函数|脚本", re.IGNORECASE)
_QUOTED, _ROWS = 300, 20

_HEADING = N_("## What the demo server sees")
_DISCLAIMER = N_(
    "This is **not a language model**: it is the demo server of minicpm-tui. It really decodes what you send and states facts "
    "about it, but it understands nothing."
)
_ASKED = N_("You asked:")
_NOTHING = N_("There are no pictures or videos in this conversation yet. Attach one and ask again.")
_COUNTS = N_(
    "- pictures in this conversation: **{pictures}**, videos: **{videos}**\n- your turns so far: **{turns}**\n"
    "- length of the prompt: **{tokens}** tokens"
)
_SYSTEM = N_("- system message: {system}")
_TABLE = N_("| # | Turn | Kind | Format | Pixels | Size | Main colours |\n|---:|---:|---|---|---|---:|---|")
_MORE = N_("… and {count} more.")
_FRAMES = N_("Video {number} was seen as **{frames}** frames of {width}×{height}.")
_LASTS = N_("It lasts {duration}.")
_COLOURS_OVER_TIME = N_("Its colours go from {first} to {last}.")
_CODE_TEXT = N_("The same as code:")
_HOW = N_("For real answers, start a model with `minicpm-tui serve` or give a server with `--url`.")
_THOUGHT = N_(
    "The question has {characters} characters. I look for pictures and videos: {items} in {turns} turns. "
    "I decode each, count its pixels and name its main colours. Then I write this down as a table.\n"
)
_KINDS = {"image": N_("picture"), "video": N_("video")}


def language_of(text: str) -> str:
    """``zh_CN`` for a text with Chinese characters, else ``en``."""
    return "zh_CN" if _CHINESE.search(text) else "en"


def answer(prompt: Prompt) -> str:
    """The whole answer."""
    tag = language_of(prompt.question)
    length = wanted_length(prompt.question)
    blocks = [translate(_HEADING, tag), translate(_DISCLAIMER, tag)]
    if prompt.question.strip():
        blocks += [translate(_ASKED, tag), _quoted(prompt.question)]
    blocks += [_counts(prompt, tag), *_facts(prompt.items, tag)]
    if _CODE.search(prompt.question):
        blocks += [translate(_CODE_TEXT, tag), _code(prompt)]
    if length:
        blocks.append(words_of(length, tag))
    blocks.append(translate(_HOW, tag))
    return "\n\n".join(blocks)


def reasoning(prompt: Prompt) -> str:
    """What the demo server thinks before it answers, when it is asked to think."""
    text = translate(_THOUGHT, language_of(prompt.question))
    return text.format(characters=len(prompt.question), items=len(prompt.items), turns=prompt.turns)


def _quoted(question: str) -> str:
    text = question.strip()
    if len(text) > _QUOTED:
        text = text[:_QUOTED] + "…"
    return "\n".join(f"> {line}" for line in text.splitlines())


def _counts(prompt: Prompt, tag: str) -> str:
    pictures = sum(item.seen.kind == "image" for item in prompt.items)
    text = translate(_COUNTS, tag).format(
        pictures=pictures, videos=len(prompt.items) - pictures, turns=prompt.turns, tokens=prompt.tokens
    )
    if prompt.system:
        text += "\n" + translate(_SYSTEM, tag).format(system=_cell(prompt.system[:_QUOTED]))
    return text


def _facts(items: tuple[Item, ...], tag: str) -> list[str]:
    if not items:
        return [translate(_NOTHING, tag)]
    rows = [_row(number, item, tag) for number, item in enumerate(items, 1)]
    blocks = ["\n".join([translate(_TABLE, tag), *rows[:_ROWS]])]
    if len(rows) > _ROWS:
        blocks.append(translate(_MORE, tag).format(count=len(rows) - _ROWS))
    numbered = [(number, item.seen) for number, item in enumerate(items, 1) if item.seen.kind == "video"]
    return [*blocks, *(_video(number, seen, tag) for number, seen in numbered)]


def _row(number: int, item: Item, tag: str) -> str:
    seen = item.seen
    cells = (
        str(number),
        str(item.turn),
        translate(_KINDS[seen.kind], tag),
        _cell(seen.format),
        f"{seen.width}×{seen.height}",
        format_bytes(seen.bytes),
        _colours(seen.colours[0], tag),
    )
    return f"| {' | '.join(cells)} |"


def _video(number: int, seen: Seen, tag: str) -> str:
    sentences = [
        translate(_FRAMES, tag).format(number=number, frames=seen.frames, width=seen.width, height=seen.height),
    ]
    if seen.duration:
        sentences.append(translate(_LASTS, tag).format(duration=format_duration(seen.duration)))
    if len(seen.colours) > 1:
        first, last = _colours(seen.colours[0], tag), _colours(seen.colours[-1], tag)
        sentences.append(translate(_COLOURS_OVER_TIME, tag).format(first=first, last=last))
    return ("" if tag == "zh_CN" else " ").join(sentences)


def _colours(colours: Colours, tag: str) -> str:
    return ", ".join(f"{translate(name, tag)} {share:.0%}" for name, share in colours) or "–"


def _code(prompt: Prompt) -> str:
    facts = [{"kind": item.seen.kind, "width": item.seen.width, "height": item.seen.height} for item in prompt.items]
    listing = json.dumps(facts, indent=4)
    return f"```python\nseen = {listing}\n\nfor item in seen:\n    print(f\"{{item['width']}}×{{item['height']}}\")\n```"


def _cell(text: str) -> str:
    """One line that does not break a table."""
    return " ".join(text.split()).replace("|", "\\|")

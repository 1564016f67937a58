"""Two answers to the same question, compared."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from minicpm_tui.chat.rerun import Turn, turns_of
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import Message, Usage, message_ending
from minicpm_tui.sessions import Journal
from minicpm_tui.sessions.rerun_of import RERUN_OF
from minicpm_tui.text import model_name, one_line, printable

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7ff]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7ff]+|\s+|[^\w\s]")
_MANY_TOKENS = 4000
"""Beyond, difflib's heuristic for long texts is used: the exact difference takes minutes."""

Change = Literal["same", "removed", "added"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer and its figures; ``words`` counts words and CJK characters, ``warning`` says why it is not whole."""

    text: str = ""
    model: str | None = None
    words: int = 0
    finish_reason: str | None = None
    usage: Usage | None = None
    seconds: float | None = None
    first_token_seconds: float | None = None
    tokens_per_second: float | None = None
    error: str | None = None
    warning: str | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A question with both answers; ``similarity`` is 0 to 1, ``differences`` are (change, text) in reading order."""

    question: str
    recorded: Answer
    new: Answer
    similarity: float
    differences: tuple[tuple[Change, str], ...]


def compare(turn: Turn, new: Message | None) -> Comparison:
    """The comparison of a turn; a missing answer is empty."""
    recorded, other = answer(turn.recorded), answer(new)
    differences = difference(recorded.text, other.text)
    same = sum(len(text) for change, text in differences if change == "same")
    length = len(recorded.text) + len(other.text)
    return Comparison(
        question=turn.question.text,
        recorded=recorded,
        new=other,
        similarity=round(2 * same / length, 4) if length else 1.0,
        differences=tuple(differences),
    )


def answer(message: Message | None) -> Answer:
    """The figures of a reply."""
    if message is None:
        return Answer()
    end = message.end
    return Answer(
        text=message.text,
        model=message.model,
        words=sum(token[0].isalnum() for token in _TOKEN.findall(message.text)),
        finish_reason=end.finish_reason if end else None,
        usage=end.usage if end else None,
        seconds=end.seconds if end else None,
        first_token_seconds=end.first_token_seconds if end else None,
        tokens_per_second=_speed(message),
        error=end.error.line() if end and end.error else None,
        warning=(message_ending(message).text or None) if end and not end.error else None,
    )


def difference(old: str, new: str) -> list[tuple[Change, str]]:
    """What to take from ``old`` and add to get ``new``, by words; CJK by characters."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=len(before) + len(after) > _MANY_TOKENS)
    found: list[tuple[Change, str]] = []
    for _tag, first, last, begin, end in matcher.get_opcodes():
        if _tag == "equal":
            found.append(("same", "".join(before[first:last])))
            continue
        if last > first:
            found.append(("removed", "".join(before[first:last])))
        if end > begin:
            found.append(("added", "".join(after[begin:end])))
    return found


def changed(comparison: Comparison) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Which characters of the recorded answer are missing in the new one, and which of the new one are added: ranges, in order.

    They count the characters of the answers as they are shown (``printable``).
    """
    removed: list[tuple[int, int]] = []
    added: list[tuple[int, int]] = []
    before = after = 0
    for change, text in comparison.differences:
        length = len(printable(text))
        if change == "removed":
            removed.append((before, before + length))
        elif change == "added":
            added.append((after, after + length))
        before += length if change != "added" else 0
        after += length if change != "removed" else 0
    return removed, added


def saved(rerun: Journal, source: Journal) -> list[Comparison]:
    """The comparisons of a saved rerun with its source, turn by turn."""
    tree = rerun.tree
    questions = [message for message in tree.path() if message.role == "user"]
    turns = turns_of(source)
    new: list[Message | None] = [_new_reply(tree.children.get(question.id, ()), tree.messages) for question in questions]
    new += [None] * (len(turns) - len(new))
    return [compare(turn, reply) for turn, reply in zip(turns, new, strict=False)]


def _new_reply(children: Sequence[str], messages: Any) -> Message | None:
    """The reply that is no copy of a recorded one."""
    replies = [messages[child] for child in children if messages[child].role == "assistant"]
    return next((reply for reply in replies if RERUN_OF not in (reply.request or {})), None)


def _speed(message: Message) -> float | None:
    """Tokens a second after the first one."""
    end = message.end
    if end is None or end.usage is None or end.first_token_seconds is None:
        return None
    streaming = end.seconds - end.first_token_seconds
    return round((end.usage.completion_tokens - 1) / streaming, 2) if streaming > 0 and end.usage.completion_tokens > 1 else None


def overall(comparisons: Sequence[Comparison]) -> str:
    """One line (translated) for a whole rerun: how alike the answers are, and the means of what was measured on both sides."""
    both = [each for each in comparisons if each.recorded.text and each.new.text]
    if not both:
        return ""
    facts = [_("{share:.0%} unchanged").format(share=_mean([each.similarity for each in both]))]
    words = [(each.recorded.words, each.new.words) for each in both]
    facts.append(_("words {before:.0f} → {after:.0f}").format(**_means(words)))
    first = _pairs([(each.recorded.first_token_seconds, each.new.first_token_seconds) for each in both])
    if first:
        facts.append(_("first token {before:.2f} → {after:.2f} s").format(**_means(first)))
    speed = _pairs([(each.recorded.tokens_per_second, each.new.tokens_per_second) for each in both])
    if speed:
        facts.append(_("{before:.1f} → {after:.1f} tokens/s").format(**_means(speed)))
    turns = ngettext("{count} turn", "{count} turns", len(both)).format(count=len(both))
    return " · ".join([turns, *facts])


def _pairs(measured: Sequence[tuple[float | None, float | None]]) -> list[tuple[float, float]]:
    """Those that were measured on both sides."""
    return [(before, after) for before, after in measured if before is not None and after is not None]


def _means(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    return {"before": _mean([before for before, _after in pairs]), "after": _mean([after for _before, after in pairs])}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def figures(answer: Answer) -> str:
    """One line (translated): model, length, time to the first token, tokens a second, and what went wrong."""
    facts = [model_name(answer.model, 30)] if answer.model else []
    facts.append(ngettext("{count} word", "{count} words", answer.words).format(count=answer.words))
    if answer.usage:
        facts.append(_("{count} tokens").format(count=answer.usage.completion_tokens))
    if answer.first_token_seconds is not None:
        facts.append(_("first token {seconds:.2f} s").format(seconds=answer.first_token_seconds))
    if answer.tokens_per_second is not None:
        facts.append(_("{speed:.1f} tokens/s").format(speed=answer.tokens_per_second))
    if wrong := answer.error or answer.warning:
        facts.append(one_line(wrong))
    return " · ".join(facts)

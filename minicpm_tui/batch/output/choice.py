"""Which option an answer chooses, read from free text as evaluation suites do (VLMEvalKit's ``can_infer``, MMMU's parser).

In this order: a letter alone or at the beginning (``B``, ``(B)``, ``B. a dog``); the words of one option and nothing else; the
last letter that is called the answer (``The answer is (B)``); the only letter in brackets; the only option letter that stands
alone; the only option whose words occur. Where several fit none is chosen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from minicpm_tui.batch.output.words import holds_words, plain

_THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
_LETTER = r"[\W_]*([A-Z])(?![^\W_])"
_ALONE = re.compile(rf"^{_LETTER}[\W_]*$")
_FIRST = re.compile(r"^[\W_]*(?:\(([A-Z])\)|\[([A-Z])\]|([A-Z])\s*[.):：、,，\n*])")
_NAMED = re.compile(
    r"(?:\b(?:answer|option|choice|choose|select|pick)\b|答案|选项|选择|选)"
    rf"(?:\s*(?:is|are|would be|will be|应该是|应为|是|为))?{_LETTER}",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[(\[]\s*([A-Z])\s*[)\]]")
_BOXED = re.compile(r"\\boxed\{\s*(?:\\text\{)?\s*\(?([A-Z])\)?\s*\}")
_SINGLE = re.compile(r"(?<![^\W_])([A-Z])(?![^\W_]|['’])")
_ARTICLE = re.compile(r"\bA\s+(?!(?:or|and|nor|is|are|was|seems|because|since|as|matches|fits)\b)(?=[a-z])")


def chosen_option(answer: str, options: Mapping[str, str]) -> str:
    """The letter of the option that ``answer`` chooses, empty for none. ``options``: texts by their capital letter; they may be
    empty where only letters are known."""
    text = _THOUGHT.sub("", unicodedata.normalize("NFKC", answer)).strip()
    for letter in _candidates(text, options):
        if letter in options:
            return letter
    return ""


def _candidates(text: str, options: Mapping[str, str]) -> Iterable[str]:
    if alone := _ALONE.match(text.upper() if len(text) <= 3 else text):
        yield alone[1]
    yield _only(letter for letter, words in options.items() if words and plain(words) == plain(text))
    if first := _FIRST.match(text):
        yield first[1] or first[2] or first[3]
    yield from [found[1] for found in _BOXED.finditer(text)][-1:]
    yield from [found[1] for found in _NAMED.finditer(text) if found[1].isupper()][-1:]
    yield _only(found[1] for found in _BRACKETS.finditer(text) if found[1] in options)
    yield _only(found[1] for found in _SINGLE.finditer(_ARTICLE.sub("", text)) if found[1] in options)
    yield _only(_mentioned(text, options))


def _mentioned(text: str, options: Mapping[str, str]) -> list[str]:
    """The options whose words occur; not those that occur only within a longer one (``red`` in ``dark red``)."""
    found = [letter for letter, words in options.items() if words.strip() and holds_words(text, words)]
    return [
        letter for letter in found if not any(letter != other and holds_words(options[other], options[letter]) for other in found)
    ]


def _only(letters: Iterable[str]) -> str:
    different = set(letters)
    return different.pop() if len(different) == 1 else ""

"""Questions with options, in the words in which VLMEvalKit asks them (``vlmeval/dataset/image_mcq.py``, ``build_prompt``)."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

LETTERS = string.ascii_uppercase
_MISSING = {"", "nan"}
"""How pandas, which reads these tables, writes a cell that holds nothing."""


def options_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The columns A, B, … as far as they are there and not empty; none where the first is no column, but say X and Y are."""
    if LETTERS[0] not in record:
        return {}
    return {letter: text for letter in LETTERS if (text := given(record.get(letter)))}


def given(value: object) -> str:
    """The text of a cell; empty where it holds nothing."""
    text = "" if value is None else str(value).strip()
    return "" if text.casefold() in _MISSING else text


def question_text(question: str, options: Mapping[str, str], hint: str = "") -> str:
    """The question with its ``hint`` and its options."""
    lines = [f"Hint: {hint}"] if hint else []
    if not options:
        return "\n".join([*lines, question])
    lines += [f"Question: {question}", "Options:", *(f"{letter}. {text}" for letter, text in options.items())]
    return "\n".join([*lines, "Please select the correct answer from the options above."])

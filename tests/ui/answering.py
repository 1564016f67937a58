"""Answering a question as a user does: with the letter that its answer shows."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from minicpm_tui.ui.kit.answers import Answers, letters
from tests.waiting import until


async def choose(pilot: Pilot[Any], key: str) -> None:
    """Wait for a question and choose the answer ``key``."""
    await until(lambda: isinstance(pilot.app.focused, Answers), pilot)
    answers = pilot.app.focused
    assert isinstance(answers, Answers)
    keys = [each for each, _label in answers.answers]
    await pilot.press(letters(answers.answers)[keys.index(key)])

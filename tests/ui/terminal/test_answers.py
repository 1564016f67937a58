"""What the terminal answers is never typed, wherever the line cuts it; keys that look alike stay keys."""

from __future__ import annotations

import pytest

from minicpm_tui.ui.terminal.answers import Answers

ANSWERS = [
    "\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
    "\x1b]11;rgb:0000/0000/0000\x07",
    "\x1b]10;rgba:00/00/00/ff\x07",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b_Gi=31;ENOTSUPPORTED: no\x1b\\",
    "\x1b[6;20;10t",
    "\x1b[?62;4;22c",
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_cut_anywhere_is_heard_once_and_not_typed(answer: str) -> None:
    for cut in range(1, len(answer)):
        heard: list[str] = []
        answers = Answers(heard.append)
        typed = answers.feed(f"ab{answer[:cut]}") + answers.feed(f"{answer[cut:]}cd")
        assert (typed, heard) == ("abcd", [answer])


@pytest.mark.parametrize("answer", ANSWERS)
def test_one_that_comes_character_by_character_over_a_slow_line(answer: str) -> None:
    heard: list[str] = []
    answers = Answers(heard.append)
    typed = "".join(answers.feed(character) for character in f"x{answer}y")
    assert (typed, heard) == ("xy", [answer])


@pytest.mark.parametrize(
    "keys",
    ["\x1b", "\x1b]", "\x1b_", "\x1b_Ghello", "\x1b]1", "\x1b[A", "\x1b[6~", "\x1b[6;5~", "\x1b[", "\x1b\x1b", "\x1b]x\x1b[C"],
)
def test_keys_stay_keys(keys: str) -> None:
    answers = Answers(lambda answer: pytest.fail(f"{answer!r} is a key"))
    assert answers.feed(keys) + answers.release() == keys
    assert not answers.holding


def test_the_rest_of_an_answer_is_awaited() -> None:
    answers = Answers(lambda _answer: None)
    assert answers.feed("\x1b]11;rgb:ff") + answers.release() == ""
    assert answers.feed("ff/ffff/ffff\x1b\\typed") == "typed"

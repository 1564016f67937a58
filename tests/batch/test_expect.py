"""Comparing with a reference answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.batch.output import accuracy
from minicpm_tui.batch.output.accuracy import Match, matches, wilson
from minicpm_tui.batch.output.choice import chosen_option
from minicpm_tui.batch.output.comparison import Comparison
from minicpm_tui.batch.records import Item, Row
from minicpm_tui.demo import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.errors import UsageError
from tests.batch.conftest import batch, results


@pytest.mark.parametrize(
    ("answer", "expected", "match", "right"),
    [
        ("A cat.", "a  CAT", "exact", True),
        ("Ａ", "a", "exact", True),
        ("猫。", "猫", "exact", True),
        ("a cat", "cat", "exact", False),
        ("It is a Cat!", "cat", "contains", True),
        ("It is a dog", "cat", "contains", False),
        ("The answer is B. Because", "A", "contains", False),
        ("It is a dog, so B", "A", "contains", False),
        ("Option A.", "A", "contains", True),
        ("concatenate", "cat", "contains", False),
        ("cats and a cat", "cat", "contains", True),
        ("这是一只猫在睡觉", "猫", "contains", True),
        ("มีแมวนอน", "แมว", "contains", True),
        ("12 cats", "2", "contains", False),
        ("Answer: (B)", r"\(?B\)?\s*$", "regex", True),
        ("Answer: A", r"\bB\b", "regex", False),
        ("12 apples and 1,234.50 pears", "1234.5", "numeric", True),
        ("about 45%", "45", "numeric", True),
        ("-3e2", "-300", "numeric", True),
        ("from 7 to 8", "7", "numeric", False),
        ("none", "7", "numeric", False),
    ],
)
def test_ways_of_comparing(answer: str, expected: str, match: Match, *, right: bool) -> None:
    assert matches(answer, expected, match) is right


@pytest.mark.parametrize(("expected", "match"), [("(", "regex"), ("many", "numeric")])
def test_an_unusable_reference_is_said(expected: str, match: Match) -> None:
    with pytest.raises(UsageError):
        matches("x", expected, match)


def test_an_expression_that_takes_too_long_fails_its_record_alone(
    home: Path, tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accuracy, "REGEX_SECONDS", 1e-3)  # a harmless expression takes longer
    table = tmp_path / "t.csv"
    table.write_text("id,text,answer\n1,x,(a|b)*c\n2,x,ab\n")
    with serving(DemoOptions(tokens_per_second=0, reply="ab" * 50_000 + "c")) as server:
        assert batch(table, "-o", output, "--url", server.url, "--expect", "answer", "--match", "regex") == 1
    found = results(output)
    assert found["1"].error == f"{table.name}:2: “(a|b)*c” was looked for in vain for 0.001 s"
    assert (found["2"].error, found["2"].correct) == (None, True)


def test_wilson_as_published() -> None:
    """Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611."""
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert round(wilson(0, 20)[1], 4) == 0.1611


@given(st.integers(0, 500), st.integers(0, 500))
def test_wilson_holds_the_share(correct: int, wrong: int) -> None:
    total = correct + wrong
    low, high = wilson(correct, total)
    assert 0.0 <= low <= high <= 1.0
    if total:
        assert low - 1e-9 <= correct / total <= high + 1e-9


OPTIONS = {"A": "red", "B": "dark red", "C": "a cat", "D": "猫"}


@pytest.mark.parametrize(
    ("answer", "letter"),
    [
        ("B", "B"),
        ("b", "B"),
        ("(b)", "B"),
        ("**B**", "B"),
        ("B.", "B"),
        ("B. dark red", "B"),
        ("（Ｂ）", "B"),
        ("Answer: B", "B"),
        ("The answer is B. Because A is not dark.", "B"),
        ("答案是B", "B"),
        ("A is wrong and C is wrong; the correct option is (B).", "B"),
        (r"So \boxed{B}", "B"),
        ("Dark red.", "B"),
        ("It is dark red", "B"),
        ("It is red", "A"),
        ("I see A cat sitting", "C"),
        ("是猫", "D"),
        ("<think>A? B?</think>C", "C"),
        ("I think it is B", "B"),
        ("A dog", ""),
        ("A or B", ""),
        ("A is right", "A"),
        ("It is a scat", ""),
        ("Z", ""),
        ("", ""),
    ],
)
def test_the_option_that_an_answer_chooses(answer: str, letter: str) -> None:
    assert chosen_option(answer, OPTIONS) == letter


def test_letters_without_the_words_of_options() -> None:
    item = Item("q", 0, "?", Row("q", columns={"answer": "D"}))
    compare = Comparison("answer", "choice")
    compare.check(item)
    assert compare.of("The answer is D", item.row.columns) == {"expected": "D", "chosen": "D", "correct": True}


@pytest.mark.parametrize("answer", ["green", "E"])
def test_a_right_answer_that_is_no_option_is_said(answer: str) -> None:
    columns = {"one": "red", "two": "blue", "answer": answer}
    with pytest.raises(UsageError, match="none of the options"):
        Comparison("answer", "choice", ("one", "two")).check(Item("q", 0, "?", Row("q", columns=columns)))


def test_a_minus_of_its_own() -> None:
    assert matches("It is \u22125 °C.", "-5", "numeric")
    assert not matches("It is \u22125 °C.", "5", "numeric")

"""Keys that arrive together do what they do one by one, in every text field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import pytest

from tests.terminal import Terminal, keys
from tests.ui.keys.conftest import Way, at_once, late

END = "§"
"""Stands where the caret is in the end."""
ENDS = "§¶"
"""Typed last, in turn: once it shows, all else is done."""

BURSTS = {
    "abx<BS>cd": "abcd§",
    "world<Home>hello ": "hello §world",
    "one two<^W>three": "one three§",
    "gone<^U>kept": "kept§",
    "one two<Left><Left><Left>X": "one X§two",
    "abc<Left><Del>d": "abd§",
    "one two<Home><^K>three": "three§",
    "ab<Home>X<End>Y": "XabY§",
    "one two<^A>X<^E>Y": "Xone twoY§",
    "one two<C-Left>X<C-Right>Y": "one XtwoY§",
    "one two<A-b>X": "one X§two",
    "one two<A-b><A-b><A-f>X": "oneX§ two",
    "one two<A-BS>three": "one three§",
    "one two<Home><A-d>x": "x§ two",
    "a<A-x>b<A-q>c": "abc§",
    "héllo 猫<BS>犬": "héllo 犬§",
    "ab<paste one two><BS>c": "abone twc§",
    "abc<S-Left><S-Left>x": "ax§",
    "<Left><BS><Del>a<Right>b": "ab§",
}
COMPOSER = {
    "what<^J>line two": "what\nline two§",
    "a<^J>b<Up>X": "aX§\nb",
    "one<^J>two<BS><BS><BS><BS>x": "onex§",
    "a<A-Enter>b<BS>c": "a\nc§",
    "one<^J>two<A-b><A-b>X": "X§one\ntwo",
    "one<Home><^J><Up>two": "two§\none",
    "hello<Enter>world": "world§",
    "<Esc>hello<BS><Enter>w<Left>x": "x§w",
}


class Field(NamedTuple):
    """How to reach a text field from the composer, and how to leave it."""

    enter: str
    leave: str = "<Esc>"


FIELDS = {
    "find": Field("<^F>"),
    "files": Field("<F2>x<BS>"),
    "model": Field("<F4>"),
    "system prompt": Field("<F5>"),
    "name of a prompt": Field("hi<F6><Enter>", "<Esc><BS><BS>"),
    "sessions": Field("<^S>"),
    "palette": Field("<^P>"),
    "theme": Field("<^P>theme<Enter>"),
}


def written(terminal: Terminal, end: str, expected: str) -> str:
    """What stands in the field in which ``end`` shows."""
    above, _end, below = expected.partition(END)
    row = next(number for number, line in enumerate(terminal.screen.display) if end in line)
    lines = terminal.screen.display[row - above.count("\n") : row + below.count("\n") + 1]
    found = []
    for line in lines:
        pieces = [piece.strip() for piece in re.split(r"[│█▌▊▎╮]|   ", line) if piece.strip()]
        found.append(next((piece for piece in pieces if end in piece), pieces[-1] if pieces else ""))
    return "\n".join(found).replace(end, END)


def wrong(terminal: Terminal, way: Way, field: Field, bursts: Mapping[str, str]) -> dict[str, str]:
    """What comes of those of ``bursts`` that do not give what they should, each in an empty field."""
    home = terminal.caret
    found = {}
    if field.enter:
        at_once(terminal, field.enter)
        terminal.wait_until(lambda: terminal.caret != home)
    empty = f"{'<Down><Down>' * (not field.enter)}<End>{'<BS>' * 30}"
    for number, (sent, expected) in enumerate(bursts.items()):
        end = ENDS[number % 2]
        way(terminal, sent + end)
        terminal.wait_until(lambda end=end: end in terminal.text, 20)  # type: ignore[misc]  # mypy does not infer it
        found[sent] = written(terminal, end, expected)
        terminal.send("".join(keys(empty)))
    at_once(terminal, field.leave)
    terminal.wait_until(lambda: terminal.caret == home)
    return {sent: came for sent, came in found.items() if came != bursts[sent]}


@pytest.mark.parametrize("name", FIELDS)
def test_bursts_in_every_field(program: Terminal, name: str) -> None:
    if name == "find":
        hold_a_conversation(program)
    assert wrong(program, at_once, FIELDS[name], BURSTS) == {}


def test_bursts_in_the_composer(program: Terminal, way: Way) -> None:
    assert wrong(program, way, Field("", ""), {**BURSTS, **COMPOSER}) == {}


def test_late_bursts_in_a_single_line(program: Terminal) -> None:
    assert wrong(program, late, FIELDS["model"], BURSTS) == {}


def hold_a_conversation(terminal: Terminal) -> None:
    if "demo server sees" not in terminal.text:
        at_once(terminal, "hello<Enter>")
        terminal.wait_for("demo server sees")


def test_the_keys_are_those_that_terminals_send() -> None:
    assert keys("a<Up><^W><A-b><paste b>") == ["a", "\x1b[A", "\x17", "\x1bb", "\x1b[200~b\x1b[201~"]

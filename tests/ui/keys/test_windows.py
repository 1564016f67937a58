"""Keys that follow one that opens or closes a window, or moves in a list, in the same read."""

from __future__ import annotations

import re

import pytest

from tests.terminal import Terminal
from tests.ui.keys.conftest import Way, at_once, late

pytestmark = pytest.mark.parametrize("way", [at_once, late])

BACK = {
    "<F1><Esc>": "help",
    "<^P>help<Enter><Esc>": "help by its name",
    "<F4>nothing<Esc>": "the model's filter",
    "<F5>be brief<Tab><Tab><Esc>": "a form",
    "<^S>harbour<BS><Esc>": "the sessions",
    "<^P>theme<Enter>tea<Esc>": "a window that the palette opens",
    "<^P>theme<Enter><Down><Up><Esc>": "a list",
    "<F2><Down><Up><Esc>": "the files",
    "<F3><F3>": "a pane that opens and closes",
    "<F2><F2><F2><Esc>": "a pane twice",
    "<^P><Esc><^P><Esc><F1><Esc>": "one after another",
    "<F1><Down><PgDn><F1>": "help by its own key",
    "@ber<Esc><BS><BS><BS><BS>": "the completions",
}


@pytest.mark.parametrize("sent", BACK)
def test_what_follows_is_typed_into_the_composer(program: Terminal, way: Way, sent: str) -> None:
    way(program, f"{sent}zork<BS><BS>om§")
    program.wait_until(lambda: "§" in program.text, 20)
    assert "zoom§" in program.text
    at_once(program, "<BS>" * 10)
    program.wait_until(lambda: "@ completes paths" in program.text)


CHOICES = {
    "<^P>theme<Enter>tea-g<Enter>": "tea-garden",
    "<^P>theme<Enter>minicpm-d<Enter>": "minicpm-dark",
    "<^P>them<Enter><Home><Down><Up>zz<BS><BS>tea<Down><Up><Enter>": "tea-garden",
}


@pytest.mark.parametrize("sent", CHOICES)
def test_a_choice_is_the_one_under_the_cursor(program: Terminal, way: Way, sent: str) -> None:
    way(program, f"{sent}done§")
    program.wait_until(lambda: "done§" in program.text, 20)
    at_once(program, f"{'<BS>' * 10}<^P>theme<Enter>")
    program.wait_for(f"● {CHOICES[sent]}", 20)
    at_once(program, "<Esc>")
    program.wait_until(lambda: "Enter chooses" not in program.text)


ATTACHED = {
    "@ber<Tab>": "berry",
    "@<Down><Enter>": "berry",
    "@<Down><Down><Up><Down><Enter>": "cherry",
    "<F2><Home><Down><Enter><Esc>": "berry",
    "<F2><Home><Down><Down><Enter><Esc>": "cherry",
}


@pytest.mark.parametrize("sent", ATTACHED)
def test_the_file_under_the_cursor_is_attached(program: Terminal, way: Way, sent: str) -> None:
    way(program, f"{sent}what§")
    program.wait_until(lambda: "what§" in program.text, 20)
    program.wait_for(rf"▣.*{ATTACHED[sent]}\.png.*tokens", 20)
    at_once(program, "<BS>" * 6)
    program.wait_until(lambda: not re.search(r"\.png.*tokens", program.text), 20)

"""What the terminal sends, read wherever it is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste

from minicpm_tui.ui.terminal.key_parser import KeyParser


def read(*pieces: str) -> list[str]:
    """The keys' names; those that type something with it."""
    parser = KeyParser()
    found = []
    for piece in (*pieces, ""):
        for event in parser.feed(piece):
            if isinstance(event, Key):
                found.append(f"{event.key}={event.character}" if event.is_printable else event.key)
            elif isinstance(event, Paste):
                found.append(f"paste {event.text!r}")
    return found


KEYS = {
    "\x1bx": ["alt+x"],
    "\x1bB": ["alt+shift+b"],
    "\x1b\x7f": ["alt+backspace"],
    "\x1b\r": ["alt+enter"],
    "\x1b.": ["alt+full_stop"],
    "\x1bé": ["alt+é"],
    "\x1bb\x1bb": ["alt+b", "alt+b"],
    "\x1bf\x1b[D": ["alt+f", "left"],
    "a\x1bdb": ["a=a", "alt+d", "b=b"],
    "\x1b[A\x1bOP": ["up", "f1"],
    "\x1b[27u\x1b[98;3u": ["escape", "alt+b"],
    "\x1bfone two three four five six seven": [
        "alt+f",
        *("space= " if c == " " else f"{c}={c}" for c in "one two three four five six seven"),
    ],
    "x\x1b[200~one\ntwo\x1b[201~y": ["x=x", "paste 'one\\ntwo'", "y=y"],
    "\x1b[200~\x1bb\x1b[201~\x1bb": ["paste 'b'", "alt+b"],
}


@pytest.mark.parametrize("sent", KEYS)
def test_keys_with_alt(sent: str) -> None:
    assert read(sent) == KEYS[sent]
    for cut in range(1, len(sent)):
        assert read(sent[:cut], sent[cut:]) == KEYS[sent], cut
    assert read(*sent) == KEYS[sent]


@pytest.mark.parametrize("letter", ["O", "P", "[", "]", "_"])
def test_what_could_begin_a_longer_sequence_types_nothing_either(letter: str) -> None:
    parser = KeyParser()
    list(parser.feed(f"\x1b{letter}"))
    parser._timeout_time = parser._patient_until = 0.0
    (event,) = parser.tick()
    assert isinstance(event, Key)
    assert event.key.startswith("alt+")
    assert not event.is_printable


@pytest.mark.parametrize(("begun", "rest", "key"), [("\x1b[1;", "5D", "ctrl+left"), ("\x1bO", "R", "f3")])
def test_the_rest_of_a_key_may_come_late(begun: str, rest: str, key: str) -> None:
    parser = KeyParser()
    list(parser.feed(begun))
    parser._timeout_time = 0.0
    assert list(parser.tick()) == []
    (event,) = parser.feed(rest)
    assert isinstance(event, Key)
    assert event.key == key


@given(st.text(alphabet="ab\x1b[201~\x00\n", max_size=40).filter(lambda text: "\x1b[201~" not in text), st.data())
def test_a_paste_is_whole_however_it_is_cut(text: str, data: st.DataObject) -> None:
    sent = f"x\x1b[200~{text}\x1b[201~y"
    cuts = sorted({0, len(sent), *data.draw(st.lists(st.integers(1, len(sent) - 1), max_size=6))})
    found = read(*(sent[one:other] for one, other in pairwise(cuts)))
    assert found == ["x=x", f"paste {text.replace(chr(27), '').replace(chr(0), '')!r}", "y=y"]

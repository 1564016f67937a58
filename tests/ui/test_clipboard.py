"""OSC 52 reaches the user's terminal from a bare one, from tmux and from screen."""

from __future__ import annotations

import base64
import re

from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.ui.terminal import clipboard


def _payload(bare: str) -> str:
    found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", bare)
    assert found
    return base64.b64decode(found.group(1)).decode()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_bare_terminal(text: str) -> None:
    assert _payload(clipboard.sequence(text, {})) == text


def test_tmux_gets_its_passthrough_and_the_bare_sequence() -> None:
    whole = clipboard.sequence("猫 cat", {"TMUX": "/tmp/tmux-0/default,1,0"})
    inner, _end, bare = whole.partition("\x1b\\")
    assert inner.startswith("\x1bPtmux;")
    assert _payload(inner.removeprefix("\x1bPtmux;").replace("\x1b\x1b", "\x1b")) == "猫 cat"
    assert _payload(bare) == "猫 cat"


def test_screen_gets_pieces_it_can_hold() -> None:
    whole = clipboard.sequence("x" * 5000, {"STY": "1.pts", "TERM": "screen"})
    pieces = whole.split("\x1b\\")[:-1]
    assert all(piece.startswith("\x1bP") and len(piece) < 768 for piece in pieces)
    assert _payload("".join(piece.removeprefix("\x1bP") for piece in pieces)) == "x" * 5000

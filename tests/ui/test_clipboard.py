"""OSC 52 reaches the user's terminal from a bare one, from tmux and from screen."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.ui.app.app import MinicpmApp
from minicpm_tui.ui.kit.messages import CopyText
from minicpm_tui.ui.terminal import clipboard
from minicpm_tui.ui.terminal.graphics.query import Terminal
from tests.waiting import until


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


@pytest.mark.parametrize(
    ("environ", "attributes", "takes"),
    [
        ({"TERM": "xterm-kitty"}, [], True),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, [], False),
        ({"TERM": "screen.xterm-kitty", "STY": "1.x"}, [52], False),
        ({"TERM": "xterm-256color"}, [62, 22, 52], True),
        ({"TERM": "xterm-256color"}, [64, 1, 2], False),
    ],
)
def test_who_is_known_to_take_copies(environ: dict[str, str], attributes: list[int], takes: bool) -> None:
    assert clipboard.takes_copies(environ, frozenset(attributes)) is takes


@pytest.mark.parametrize("takes", [True, False])
async def test_copied_is_said_only_where_it_is_known(takes: bool) -> None:
    app = MinicpmApp(terminal=Terminal("blocks", takes_copies=takes))
    async with app.run_test(size=(100, 30)) as pilot:
        lines: list[str] = []
        for _turn in range(2):
            app.post_message(CopyText("cat"))
            await until(lambda: any("3 characters" in notice.message for notice in app._notifications), pilot)
            lines += [notice.message for notice in app._notifications]
            app.clear_notifications()
    first, second = lines
    assert first.startswith("Copied") is second.startswith("Copied") is takes
    assert ("does not arrive" in first) is not takes
    assert "does not arrive" not in second


async def test_what_no_clipboard_takes_is_not_called_copied() -> None:
    app = MinicpmApp(terminal=Terminal("blocks", takes_copies=True))
    async with app.run_test(size=(100, 30)) as pilot:
        app.post_message(CopyText("x" * (clipboard.LIMIT + 1)))
        await until(lambda: [notice for notice in app._notifications if "too long" in notice.message], pilot)
        assert not [notice for notice in app._notifications if "Copied" in notice.message]

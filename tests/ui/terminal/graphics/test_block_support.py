"""Which symbols a terminal gets, by what it and its environment tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicpm_tui.ui.terminal.graphics.block_support import BehindTmux, best_blocks
from minicpm_tui.ui.terminal.graphics.query import Query


@pytest.mark.parametrize(
    ("answers", "environ", "blocks"),
    [
        (b"\x1bP>|XTerm(379)\x1b\\", {"TERM": "xterm-256color"}, "quadrants"),
        (b"\x1bP>|foot(1.13.1)\x1b\\", {"TERM": "xterm-256color"}, "sextants"),
        (b"\x1bP>|foot(1.20.0)\x1b\\", {"TERM": "foot"}, "octants"),
        (b"\x1bP>|kitty(0.26.5)\x1b\\", {"TERM": "xterm-kitty"}, "sextants"),
        (b"\x1bP>|kitty(1.0.0)\x1b\\", {"TERM": "xterm-kitty"}, "octants"),
        (b"\x1bP>|ghostty 1.2.3\x1b\\", {"TERM": "xterm-ghostty"}, "octants"),
        (b"\x1bP>|WezTerm 20240203-110809-5046fc22\x1b\\", {"TERM": "xterm-256color"}, "sextants"),
        (b"\x1b[>65;6003;1c", {"TERM": "xterm-256color"}, "quadrants"),
        (b"\x1b[>65;7600;1c", {"TERM": "xterm-256color"}, "sextants"),
        (b"\x1b[>65;7802;1c", {"TERM": "xterm-256color"}, "octants"),
        (b"\x1b[>41;379;0c", {"TERM": "xterm-256color"}, "quadrants"),
        (b"", {"TERM": "alacritty"}, "sextants"),
        (b"", {"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "sextants"),
        (b"", {"TERM": "linux"}, "half"),
        (b"\x1bP>|tmux 3.3a\x1b\\", {"TERM": "screen-256color", "TMUX": "/tmp/x"}, "quadrants"),
    ],
)
def test_the_finest_that_is_known_to_be_drawn(answers: bytes, environ: dict[str, str], blocks: str) -> None:
    assert best_blocks(answers, environ) == blocks


@pytest.mark.parametrize(
    ("behind", "blocks"),
    [("foot(1.20.2) foot", "octants"), ("VTE(7600) xterm-256color", "sextants"), ("XTerm(379) xterm-256color", "quadrants")],
)
def test_tmux_passes_on_what_the_terminal_behind_it_draws(behind: str, blocks: str) -> None:
    environ = {"TERM": "tmux-256color", "TMUX": "/tmp/x", "VTE_VERSION": "7900"}  # of the terminal that tmux was started in
    assert best_blocks(b"\x1bP>|tmux 3.5\x1b\\", environ, behind) == blocks


def test_tmux_is_asked_for_the_terminal_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmux = tmp_path / "tmux"
    tmux.write_text("#!/bin/sh\necho 'foot(1.20.2) foot'\n")
    tmux.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("minicpm_tui.ui.terminal.graphics.block_support._TMUX_SECONDS", 20)
    assert BehindTmux({"TMUX": "/tmp/x"}).name() == "foot(1.20.2) foot"
    assert BehindTmux({}).name() == ""


def test_a_user_has_the_last_word() -> None:
    assert Query("blocks", {"TERM": "linux"}, blocks="octants").answer().blocks == "octants"

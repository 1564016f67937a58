"""What is typed while the program starts is not lost, before anything shows and while the rest of the screen is being built."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from tests.terminal import ESCAPES, Terminal, keys


@pytest.mark.parametrize(("shown", "first"), [(b"F1", "<BS><Up>"), (b"", "")], ids=["first paint", "before anything shows"])
def test_what_is_typed_with_the_start_is_sent_and_what_follows_stays(tmp_path: Path, shown: bytes, first: str) -> None:
    with serving(DemoOptions(tokens_per_second=0)) as server:
        argv = [sys.executable, "-m", "minicpm_tui", "--url", server.url]
        with Terminal(argv, columns=100, rows=30, env={"MINICPM_TUI_HOME": str(tmp_path)}) as terminal:
            terminal.wait_until(lambda: shown in ESCAPES.sub(b"", bytes(terminal.everything)))
            terminal.send("".join(keys(f"{first}hello<Enter>world")))
            terminal.wait_until(lambda: server.chats)
            assert server.chats[0]["messages"][-1]["content"] == "hello"
            terminal.wait_for("█ world")

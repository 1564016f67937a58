"""How a reply ended is said by ``ask``, and what a reply says is all there on a terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from minicpm_tui.chat.session_choice import latest_id
from minicpm_tui.cli.main import run
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.testing import serving
from tests.terminal import Terminal

ENDS = [
    (DemoOptions(tokens_per_second=0, reply=""), (), "empty", "The reply is empty"),
    (DemoOptions(tokens_per_second=0, reply=" \n"), (), "empty", "The reply is empty"),
    (DemoOptions(tokens_per_second=0, reply=""), ("--thinking",), "empty", "thought, but wrote no answer"),
    (DemoOptions(tokens_per_second=0, reply="I cannot.", faults=Faults(refuse=True)), (), "refusal", "declined to answer"),
    (DemoOptions(tokens_per_second=0, reply="a b c", faults=Faults(content_filter=True)), (), "content_filter", "content filter"),
    (DemoOptions(tokens_per_second=0, reply="", faults=Faults(content_filter=True)), (), "content_filter", "held the reply back"),
    (DemoOptions(tokens_per_second=0, reply="a b c d e f g"), ("--max-tokens", "3"), "length", "Cut off: the token limit"),
    (DemoOptions(tokens_per_second=0), ("--thinking", "--max-tokens", "3"), "length", "before the answer began"),
]


@pytest.mark.parametrize(("options", "flags", "kind", "words"), ENDS)
def test_an_end_that_is_none_is_said(
    options: DemoOptions, flags: tuple[str, ...], kind: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(options) as server:
        assert run(["ask", "--url", server.url, *flags, "hi"]) == 0
        said = capsys.readouterr().err
        assert run(["ask", "--url", server.url, *flags, "--json", "hi"]) == 0
    assert words in said
    assert said.count("\n") == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["warning"]["kind"] == kind
    assert words in answer["warning"]["message"]
    assert run(["sessions", "show", latest_id()]) == 0
    assert words in capsys.readouterr().out


def test_a_refusal_is_kept_as_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    with serving(DemoOptions(tokens_per_second=0, reply="I cannot do that.", faults=Faults(refuse=True))) as server:
        assert run(["ask", "--url", server.url, "hi"]) == 0
    assert capsys.readouterr().out == "I cannot do that.\n"


WRITTEN = """\
a<b and c>d, <ref>the cat</ref><box>12 34 56 78</box> &lt;em&gt;

<table><tr><td>sum</td></tr></table>

<think>
aside
</think>
<!-- remark -->

Tea   2.00
Bun   1.50

**加粗：**后 [docs](http://x.y)

| a | b |
|---|---|
| 1 | 2 | 3 |

[1]: see below

```python
x = 1
```
"""
SHOWN = (
    *("a<b and c>d, <ref>the cat</ref><box>12 34 56 78</box> <em>", "<table><tr><td>sum</td></tr></table>", "<think>", "aside"),
    *("</think>", "<!-- remark -->", "Tea   2.00", "Bun   1.50", "加粗：后 docs (http://x.y)", "│ 1 │ 2 │ 3 │", "[1]: see below"),
    *("python", "x = 1"),
)


def lines(terminal: Terminal) -> list[str]:
    """What is on the screen; pyte puts an empty cell behind a wide one."""
    return [line.strip() for line in terminal.text.replace("加 粗 ： 后 ", "加粗：后").splitlines()]


@pytest.mark.parametrize("speed", [0.0, 400.0])
def test_on_a_terminal_nothing_of_the_reply_is_lost(home: Path, speed: float) -> None:
    with serving(DemoOptions(tokens_per_second=speed, reply=WRITTEN)) as server:
        program = (sys.executable, "-m", "minicpm_tui")
        environ = {"MINICPM_TUI_HOME": str(home)}
        ask = (*program, "ask", "--url", server.url, "hi")
        for argv in (ask, (*program, "sessions", "show", "@")):
            command = tuple(latest_id() if word == "@" else word for word in argv)
            with Terminal(("/bin/sh", "-c", '"$@"; echo DONE; sleep 60', "sh", *command), env=environ) as terminal:
                terminal.wait_for("DONE")
                shown = lines(terminal)
                assert [line for line in SHOWN if line not in shown] == []
                assert "copy" not in terminal.text

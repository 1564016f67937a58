"""The shell speaks the language of the settings, in click's own words too."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

COMMANDS = ("", "ask", "batch", "config", "demo", "doctor", "replay", "rerun", "serve", "servers", "sessions", "servers stop")


def said(*arguments: str) -> tuple[int, str]:
    """Status and all output of the command with Chinese as its language."""
    command = [sys.executable, "-m", "minicpm_tui", *arguments]
    environ = os.environ | {"MINICPM_TUI_LANGUAGE": "zh_CN", "LANG": "en_US.UTF-8", "COLUMNS": "80"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_chinese(command: str) -> None:
    status, text = said(*command.split(), "--help")
    assert status == 0
    assert text.startswith("用法：")
    assert "\n选项:\n" in text
    assert "显示此帮助并退出。" in text
    described = [line for line in text.splitlines() if re.match(r"  -\S.*\S  +\S", line)]
    assert described
    assert not [line for line in described if not re.search("[\u4e00-\u9fff]", line)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("batch",), "用法错误：缺少参数 'INPUT...' — 参见 minicpm-tui batch --help"),
        (("ask", "--nope"), "没有选项 '--nope'"),
        (("nonsense",), "没有命令 'nonsense'"),
        (("ask", "--max-tokens"), "选项 '--max-tokens' 需要"),
        (("batch", "x", "-o", "y", "--match", "foo"), "'--match' 的值无效：'foo' 不是以下之一"),
        (("rerun", "a", "b"), "多余的参数（b）"),
        (("ask", "--top-k", "-3"), "'--top-k' 的值无效：应为 0（不限）或大于 0 的整数，而不是 -3"),
    ],
)
def test_mistakes_are_told_in_chinese(arguments: tuple[str, ...], words: str) -> None:
    status, text = said(*arguments)
    assert status == 2
    assert words in text

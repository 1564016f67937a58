"""What commands say on stderr."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from minicpm_tui.cli.main import run

CLI = Path(__file__).parents[2] / "minicpm_tui" / "cli"


@pytest.mark.parametrize("command", ["sessions import", "sessions show", "sessions delete", "servers explain"])
def test_what_was_typed_cannot_steer_the_terminal(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.split(), "no\x1b[31m\nsuch"]) in {1, 2}
    said = capsys.readouterr().err
    assert said.startswith("minicpm-tui: ")
    assert "such" in said
    assert "\x1b" not in said
    assert said.count("\n") == 1


def test_the_name_of_the_program_is_put_before_a_line_in_one_place() -> None:
    named = {
        path.name
        for path in CLI.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("minicpm-tui:")
    }
    assert named == {"warn.py"}

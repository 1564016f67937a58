"""Wrong usage names the command whose help tells the right one."""

from __future__ import annotations

import pytest

from minicpm_tui.cli.main import run

WRONG = {
    "ask --max-tokens": "minicpm-tui ask --help",
    "ask --max-tokens many": "minicpm-tui ask --help",
    "batch -o": "minicpm-tui batch --help",
    "sessions export --format": "minicpm-tui sessions export --help",
    "--theme": "minicpm-tui --help",
    "nonsense": "minicpm-tui --help",
}


@pytest.mark.parametrize("words", WRONG)
def test_the_hint_names_the_command(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words.split()) == 2
    assert f"see {WRONG[words]}\n" in capsys.readouterr().err

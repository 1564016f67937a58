"""The command lines that open the program are read without click as click reads them."""

from __future__ import annotations

import pytest

from minicpm_tui.cli.command_line import carry_out
from minicpm_tui.cli.main import run
from minicpm_tui.cli.plain import plain_launch
from minicpm_tui.errors import ConfigError
from minicpm_tui.ui.app import run as program
from minicpm_tui.ui.kit.start_options import Launch

PLAIN = (
    "",
    "--demo",
    "--continue",
    "--url host:8000",
    "--url=http://host:8000/v1 --model m",
    "--model=a=b --demo",
    "--session 2026 --url host:1",
    "--continue --demo",
)
FOR_CLICK = (
    "--help",
    "--version",
    "ask hello",
    "--url",
    "--url=",
    "--session=",
    "--url -x",
    "--url=a --url=b",
    "--demo --demo",
    "--demo --url host",
    "--session 1 --continue",
    "--temperature 0.5",
    "--mod m",
    "--demo=1",
    "--",
    "extra",
)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    """What the program was opened with; it is not."""
    launches = list[Launch]()

    def open_with(launch: Launch) -> int:
        launches.append(launch)
        return 0

    monkeypatch.setattr(program, "run", open_with)
    return launches


@pytest.mark.parametrize("line", PLAIN)
def test_a_plain_line_is_read_as_click_reads_it(line: str, opened: list[Launch], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINICPM_TUI_MODEL", "from-the-environment")
    carry_out(line.split())
    assert plain_launch(line.split()) == opened[0]
    assert run(line.split()) == 0
    assert opened == [opened[0]] * 2


@pytest.mark.parametrize("line", FOR_CLICK)
def test_everything_else_is_left_to_click(line: str) -> None:
    assert plain_launch(line.split()) is None


def test_a_broken_file_is_an_error_as_ever(opened: list[Launch], capsys: pytest.CaptureFixture[str]) -> None:
    from minicpm_tui.config import config_path

    config_path().parent.mkdir(parents=True, exist_ok=True)
    config_path().write_text("theme = 1")
    with pytest.raises(ConfigError):
        plain_launch([])
    assert run([]) == ConfigError.exit_status
    assert "config.toml" in capsys.readouterr().err
    assert not opened

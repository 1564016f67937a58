"""``config show`` tells what is in force and where it came from, and never a key."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from minicpm_tui.cli.main import run


def test_show_is_toml_with_origins_and_without_keys(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('temperature = 0.5\n[[servers]]\nurl = "box:8000"\napi_key = "s3cret"\n')
    monkeypatch.setenv("MINICPM_TUI_MODEL", "V-2_6")
    assert run(["config", "show"]) == 0
    out = capsys.readouterr().out
    values = tomllib.loads(out)
    assert values["temperature"] == 0.5
    assert values["servers"] == [{"url": "box:8000", "api_key": "***"}]
    assert "temperature = 0.5 # file" in out
    assert 'model = "V-2_6" # environment' in out
    assert "s3cret" not in out


def test_path_follows_the_home(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "path"]) == 0
    assert capsys.readouterr().out == f"{home}/config/config.toml\n"


def test_a_broken_file_is_one_line_and_the_status_of_failure(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("url = \n")
    assert run(["config", "show"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "config.toml" in err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("top_k = -2", "top_k must be 0 (no limit) or a whole number above 0, not -2"),
        ("min_p = 2", "min_p must be a number from 0 to 1, not 2"),
        ("repetition_penalty = 0.0", "repetition_penalty must be a number above 0, not 0.0"),
        ('seed = "x"', "seed must be a whole number of at most 64 bits, not x"),
    ],
)
def test_a_sampling_setting_out_of_range_is_one_line(
    home: Path, line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(line + "\n")
    assert run(["config", "show"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert said in err


def test_sampling_settings_are_shown_with_their_origin(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text("top_k = 40\nrepetition_penalty = 1.05\n")
    assert run(["config", "show"]) == 0
    shown = capsys.readouterr().out
    assert "top_k = 40 # file" in shown
    assert "repetition_penalty = 1.05 # file" in shown
    assert "# min_p = " in shown
    assert "# seed = " in shown


@pytest.mark.parametrize(("arguments", "status"), [(["--version"], 0), (["--help"], 0), (["nonsense"], 2), (["config"], 2)])
def test_exit_status(arguments: list[str], status: int) -> None:
    assert run(arguments) == status


def test_a_closed_pipe_ends_quietly() -> None:
    line = f"{sys.executable} -m minicpm_tui config show | true"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_output_that_takes_nothing_is_one_line() -> None:
    line = f"{sys.executable} -m minicpm_tui config show > /dev/full"
    done = subprocess.run(["bash", "-c", line], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "minicpm-tui: the output: No space left on device\n")


def test_lists_say_where_they_come_from_and_no_address_shows_its_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('model_folders = ["/models"]\n[[servers]]\nurl = "http://me:s3cr3t@gpu:8000"\n')
    monkeypatch.setenv("MINICPM_TUI_URL", "http://me:s3cr3t@other:8000")
    assert run(["config", "show"]) == 0
    shown = capsys.readouterr().out
    assert "# model_folders: file" in shown
    assert "# servers: file" in shown
    assert "http://gpu:8000" in shown
    assert "s3cr3t" not in shown

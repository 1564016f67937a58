"""Flags win over the environment, that over the file, that over the defaults; a mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicpm_tui import config
from minicpm_tui.errors import ConfigError, UsageError


@pytest.fixture
def write(home: Path) -> Path:
    path = home / "config" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_the_nearest_source_wins(write: Path) -> None:
    write.write_text('url = "file:1"\nmodel = "file-model"\ntemperature = 0.1\n')
    loaded = config.load({"url": "flag:1", "temperature": None}, {"MINICPM_TUI_URL": "env:1", "MINICPM_TUI_MODEL": "env-model"})
    assert loaded.settings.url == "flag:1"
    assert loaded.settings.model == "env-model"
    assert loaded.settings.temperature == 0.1
    assert [loaded.origin(name) for name in ("url", "model", "temperature", "theme")] == [
        "flag",
        "environment",
        "file",
        "default",
    ]


def test_no_file_means_defaults() -> None:
    assert config.load(environ={}).settings == config.Settings()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('temperature = "hot"', "temperature"),
        ("colour = 1", "colour"),
        ("url = ", "config.toml"),
        ("[[servers]]\nname = 'x'", "url"),
        ("temperature = 3.5", "temperature"),
        ("stall_seconds = 0", "stall_seconds"),
    ],
)
def test_a_mistake_names_the_file_and_the_field(write: Path, text: str, named: str) -> None:
    write.write_text(text)
    with pytest.raises(ConfigError, match=named) as caught:
        config.load(environ={})
    assert str(write) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mistake_on_the_command_line_does_not_blame_the_file() -> None:
    with pytest.raises(UsageError, match="--temperature: Expected") as caught:
        config.load({"temperature": 9.0}, {})
    assert "config.toml" not in str(caught.value)

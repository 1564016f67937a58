"""The manual page has every command and option, and man reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

import click
import pytest

from minicpm_tui.cli.main import run
from minicpm_tui.cli.root import root


@pytest.fixture
def page(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["man"]) == 0
    return capsys.readouterr().out


def declared(
    command: click.Command, name: str = "minicpm-tui", above: click.Context | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Every command with its options."""
    context = click.Context(command, info_name=name, parent=above)
    options = [each for each in command.get_params(context) if isinstance(each, click.Option) and not each.hidden]
    yield context.command_path, [option for each in options for option in (*each.opts, *each.secondary_opts)]
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below is not None
            yield from declared(below, each, context)


def test_every_command_and_option_is_in_it(page: str) -> None:
    text = page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "")
    sections = dict(re.findall(r'^\.(?:SS "(.*)"|SH "OPTIONS")$\n((?:(?!\.S).*\n)*)', text, re.MULTILINE))
    for path, options in declared(root):
        section = sections["" if path == "minicpm-tui" else path]
        assert not [option for option in options if option not in section], path


def test_requests_are_those_of_man_and_text_begins_none(page: str) -> None:
    assert {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))} == {".TH", ".SH", ".SS", ".PP", ".TP"}


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_finds_nothing_wrong(page: str) -> None:
    drawn = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-k"], input=page, check=True, capture_output=True, text=True)
    assert not drawn.stderr
    assert "--show-sent" in re.sub(r".\x08", "", drawn.stdout).replace("\u2212", "-")

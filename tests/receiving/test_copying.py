"""The line that brings a file here is one that the user's own shell and ssh understand."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from minicpm_tui import paths
from minicpm_tui.receiving import copying

SSH = {"SSH_CONNECTION": "203.0.113.9 51000 10.0.0.7 22"}


def test_it_names_the_address_that_was_reached_and_the_inbox() -> None:
    command, path, target = shlex.split(copying.scp_line(["/Users/me/my shot.png"], SSH))
    assert (command, path) == ("scp", "/Users/me/my shot.png")
    assert target.rpartition("@")[2] == f"10.0.0.7:{paths.inbox_dir()}/"


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ("203.0.113.9 51000 10.0.0.7 2222", ["-P", "2222", "10.0.0.7:"]),
        ("2001:db8::9 51000 2001:db8::7 22", ["[2001:db8::7]:"]),
        ("nonsense", [":"]),
        ("", [":"]),
    ],
)
def test_every_kind_of_address(connection: str, expected: list[str]) -> None:
    words = shlex.split(copying.scp_line(["/a.png"], {"SSH_CONNECTION": connection}))
    assert words[1:-2] == expected[:-1]
    assert expected[-1] in words[-1]


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("~/my shots/a.png", "~/'my shots/a.png'"),
        (r"C:\Users\me\a b.png", r'"C:\Users\me\a b.png"'),
        ("/a  b.png", "'/a  b.png'"),
        ("/$(reboot).png", "'/$(reboot).png'"),
        ("/\x1b]0;x\x07.png", "'/␛]0;x␇.png'"),
    ],
)
def test_paths_reach_that_shell_as_they_are(path: str, written: str) -> None:
    assert f"scp {written} " in copying.scp_line([path], SSH)


def test_the_inbox_is_named_from_the_home_folder_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert copying.scp_line(["/a.png", "/b.png"], SSH).endswith(":home/data/inbox/")
    assert copying.prepared_line(["/a.png"])
    assert paths.inbox_dir().is_dir()


def test_the_line_that_fetches_a_file() -> None:
    assert shlex.split(copying.fetch_line(Path("/data/my cat.png"), SSH))[-1] == "."
    assert "10.0.0.7:" in copying.fetch_line(Path("/data/my cat.png"), SSH)

"""Pastes and drops: paths in every way that terminals write them, and text that only looks like one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.ui.composer import completion, pasted
from minicpm_tui.ui.composer.pasted import Pasted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "two words.jpg", "猫.mp4", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "holiday").mkdir()
    return tmp_path


def test_one_path_in_each_spelling(folder: Path) -> None:
    path = folder / "two words.jpg"
    for spelling in (
        str(path),
        f"'{path}'",
        f'"{path}"',
        str(path).replace(" ", "\\ "),
        path.as_uri(),
        f"{path}\n",
        "two words.jpg",
    ):
        assert pasted.might_be_paths(spelling)
        assert pasted.read(spelling, folder) == Pasted((str(path),)), spelling


def test_several_paths_on_one_line_or_many(folder: Path) -> None:
    both = (str(folder / "a.png"), str(folder / "猫.mp4"))
    for spelling in (" ".join(both), "\n".join(both), "\r\n".join((folder / name).as_uri() for name in ("a.png", "猫.mp4"))):
        assert pasted.read(spelling, folder).found == both


def test_folders_are_found(folder: Path) -> None:
    assert pasted.read(str(folder / "holiday"), folder).found == (str(folder / "holiday"),)


def test_paths_of_another_machine_are_missing(folder: Path) -> None:
    for spelling in (
        "/Users/me/Desktop/shot.png",
        r"C:\Users\me\shot.png",
        "file:///Users/me/shot.png",
        "'/Users/me/my shot.png'",
    ):
        found = pasted.read(spelling, folder)
        assert not found.found
        assert len(found.missing) == 1, spelling


@pytest.mark.parametrize(
    "text",
    [
        "/help me with this",
        "what is in a.png?",
        "/etc/passwd",
        "a.png is nice",
        "it's",
        "",
        "\n",
        "/",
        "http://example.org/page",
        "x" * 5000,
    ],
)
def test_text_stays_text(folder: Path, text: str) -> None:
    assert not pasted.might_be_paths(text) or pasted.read(text, folder) == Pasted()


def test_addresses_of_pictures(folder: Path) -> None:
    assert pasted.read("https://example.org/cat.jpg?size=9", folder).found == ("https://example.org/cat.jpg?size=9",)


@given(st.text())
def test_any_paste_is_read(text: str) -> None:
    assert isinstance(pasted.might_be_paths(text), bool)
    pasted.read(text, Path("/nonexistent"))


def test_token_before_the_cursor() -> None:
    assert completion.token_before("look at @ho") == "ho"
    assert completion.token_before("@") == ""
    assert completion.token_before("@two\\ wo") == "two\\ wo"
    assert completion.token_before("me@example") is None
    assert completion.token_before("@done and on") is None


def test_candidates_are_folders_and_what_can_be_sent(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")
    assert [entry.value for entry in completion.candidates("", folder)] == ["a.png", "two\\ words.jpg", "猫.mp4", "holiday/"]
    assert [entry.value for entry in completion.candidates("wor", folder)] == ["two\\ words.jpg"]
    assert [entry.path for entry in completion.candidates(f"{folder}/A.", folder)] == [folder / "a.png"]
    assert completion.candidates("none/such", folder) == []

"""Paths that were typed into a message become its files, and words stay words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.ui.composer import typed
from minicpm_tui.ui.composer.typed import Typed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "two words.jpg", "猫.mp4", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "holiday").mkdir()
    return tmp_path


def read(text: str, folder: Path) -> tuple[str, list[str]]:
    assert typed.might_name_files(text)
    named = typed.read(text, folder)
    return named.rest, [Path(path).name for path in named.found]


def test_a_message_of_paths_is_all_files(folder: Path) -> None:
    assert read(f"{folder}/a.png", folder) == ("", ["a.png"])
    assert read("a.png 猫.mp4", folder) == ("", ["a.png", "猫.mp4"])
    assert read(f"@{folder}/a.png", folder) == ("", ["a.png"])
    assert read(r"@two\ words.jpg @holiday", folder) == ("", ["two words.jpg", "holiday"])


def test_a_path_goes_with_its_word_and_punctuation_stays(folder: Path) -> None:
    assert read("what is this? @a.png", folder) == ("what is this?", ["a.png"])
    assert read("@a.png what is\n    this?", folder) == ("what is\n    this?", ["a.png"])
    assert read("这是什么 @猫.mp4？", folder) == ("这是什么 ？", ["猫.mp4"])


@pytest.mark.parametrize("text", ["@gone.png", "what is @gone.png?", "@gone.png, what is it"])
def test_a_file_that_is_not_here_is_missed_and_the_words_stay(text: str, folder: Path) -> None:
    assert typed.read(text, folder) == Typed(text, missing=("gone.png",))


def test_the_name_stays_inside_a_sentence(folder: Path) -> None:
    assert read("is @a.png older than @猫.mp4?", folder) == ("is a.png older than 猫.mp4?", ["a.png", "猫.mp4"])


@pytest.mark.parametrize(
    "text",
    [
        "@nobody said so",
        "@notes.txt",
        "me@a.png",
        "@/",
        "/..",
        "@/./.",
        "a@b",
        "/help",
        "/tmp/x and more",
    ],
)
def test_words_stay_words(text: str, folder: Path) -> None:
    assert typed.read(text, folder) == Typed(text)


def test_missing_paths_are_told(folder: Path) -> None:
    text = "/Users/me/shot.png"
    assert typed.read(text, folder) == Typed(text, missing=(text,))


@given(st.text(alphabet="@ab./\\ \n猫\0", max_size=40))
def test_any_text_is_read(text: str) -> None:
    named = typed.read(text, Path("/nonexistent"))
    assert named.rest == text
    assert not named.found

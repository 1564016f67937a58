"""Files that are named among the words are told, words are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicpm_tui.ui.composer import typed
from minicpm_tui.ui.composer.typed import Typed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("p0.jpg", "my photo.png", "日本 写真.jpg", "main.ts", "图.png"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("what is in p0.jpg?", ("p0.jpg",)),
        ("what is in ./p0.jpg?", ("./p0.jpg",)),
        ("what is in {}/p0.jpg, please?", ("{}/p0.jpg",)),
        ("what's in (p0.jpg)", ("p0.jpg",)),
        ("what's in my\\ photo.png?", ("my photo.png",)),
        ("compare 'my photo.png' and \"{}/日本 写真.jpg\" please", ("my photo.png", "{}/日本 写真.jpg")),
        ("it's in 'my photo.png', isn't it", ("my photo.png",)),
        ("p0.jpg里有什么？", ("p0.jpg",)),
        ("看看p0.jpg，再看图.png。", ("p0.jpg", "图.png")),
        ("@ p0.jpg", ("p0.jpg",)),
        ("p0.jpg, p0.jpg and P1.JPG", ("p0.jpg",)),
    ],
)
def test_what_is_here_is_told(text: str, loose: tuple[str, ...], folder: Path) -> None:
    text = text.replace("{}", str(folder))
    assert typed.might_name_files(text)
    assert typed.read(text, folder) == Typed(text, loose=tuple(name.replace("{}", str(folder)) for name in loose))


@pytest.mark.parametrize("path", ["/tmp/w/p9.jpg", "~/p9.jpg", "./p9.jpg", "C:\\Users\\me\\p9.jpg"])
def test_a_path_that_is_not_here_is_missed(path: str, folder: Path) -> None:
    for text in (f"what is in {path}?", f"看看{path}里有什么", f'what is in "{path}"?'):
        assert typed.read(text, folder).missing == (path,)


@pytest.mark.parametrize(
    "text",
    [
        "what is in p9.jpg?",
        "what does main.ts do?",
        "is p0.jpg.txt text",
        "open https://example.org/p0.jpg now",
        "a folder.png is a folder",
        "mail me@p0.jpg now",
        "save it as .png or .jpg",
        "and/or.png or so",
    ],
)
def test_words_stay_words(text: str, folder: Path) -> None:
    assert typed.read(text, folder) == Typed(text)


@pytest.mark.parametrize("text", ["what is this?", "line one\nline two", "a picture, e.g. jpg", "1.5 png"])
def test_ordinary_messages_cost_no_disk(text: str) -> None:
    assert not typed.might_name_files(text)


def test_what_is_attached_is_no_news(folder: Path) -> None:
    text = f"what is in p0.jpg, {folder}/p0.jpg and /tmp/w/p9.jpg?"
    assert typed.read(text, folder, {"p0.jpg", "p9.jpg"}) == Typed(text)

"""What names stand for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from minicpm_tui.errors import MediaError, MediaNotFound, MediaUnsupported
from minicpm_tui.media import AttachmentSpec, expand
from minicpm_tui.media.fragment import parse_fragment, seconds, written_spec
from minicpm_tui.media.pages import page_numbers, parse_pages, written_pages
from tests.media.making import scan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("shot 10.png", "shot 2.png", "b.jpg", ".hidden.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "disguised.dat").write_bytes((tmp_path / "b.jpg").read_bytes())
    (tmp_path / "sub").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "sub" / "deep.png")
    os.mkfifo(tmp_path / "pipe.png")
    return tmp_path


def names(specs: list[AttachmentSpec]) -> list[str]:
    return [spec.path.name for spec in specs if spec.path]


def test_a_folder_is_what_can_be_sent_in_it(folder: Path) -> None:
    assert names(expand([str(folder)])) == ["b.jpg", "disguised.dat", "shot 2.png", "shot 10.png"]


def test_patterns(folder: Path) -> None:
    assert names(expand([f"{folder}/*.png"])) == ["shot 2.png", "shot 10.png"]
    assert names(expand([f"{folder}/**/*.png"])) == ["shot 2.png", "shot 10.png", "deep.png"]


def test_order_is_as_written(folder: Path) -> None:
    assert names(expand([f"{folder}/shot 10.png", f"{folder}/b.jpg"])) == ["shot 10.png", "b.jpg"]


def test_the_home_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert expand(["~/b.jpg"]) == [AttachmentSpec(path=folder / "b.jpg")]


def test_a_name_with_pattern_characters_is_itself(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a[1]*.png")
    assert names(expand([f"{tmp_path}/a[1]*.png"])) == ["a[1]*.png"]


def test_web_addresses_are_left_alone() -> None:
    assert expand(["https://example.com/a.jpg?x=*#t=1"]) == [AttachmentSpec(url="https://example.com/a.jpg?x=*#t=1")]


def test_wishes_after_the_name(folder: Path) -> None:
    [spec] = expand([f"{folder}/b.jpg#original"])
    assert spec.original
    assert expand([f"{folder}/b.jpg#t=10,1:20.5&n=16"])[0] == AttachmentSpec(path=folder / "b.jpg", start=10, end=80.5, count=16)


def test_a_name_with_a_hash_is_itself(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a#page=1.png")
    assert names(expand([f"{tmp_path}/a#page=1.png"])) == ["a#page=1.png"]


def test_pages_of_a_pdf(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (50, 70), "white") for _ in range(4)]
    path = tmp_path / "book.pdf"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    assert [spec.page for spec in expand([str(path)])] == [1, 2, 3, 4]
    assert [spec.page for spec in expand([f"{path}#page=2-3"])] == [2, 3]
    assert [spec.page for spec in expand([f"{path}#page=4"])] == [4]
    assert [spec.page for spec in expand([f"{path}#page=1,3-"])] == [1, 3, 4]
    with pytest.raises(MediaNotFound, match="it has 4 pages"):
        expand([f"{path}#page=5"])


def test_pages_of_a_scan(tmp_path: Path) -> None:
    path = scan(tmp_path / "scan.tiff", [(0, "red"), (1, "white"), (0, "lime"), (0, "blue")])
    assert [spec.page for spec in expand([str(path)])] == [1, 2, 3]
    assert [spec.page for spec in expand([f"{path}#page=2-3"])] == [2, 3]
    with pytest.raises(MediaNotFound, match="it has 3 pages"):
        expand([f"{path}#page=4"])


def test_a_picture_that_happens_to_be_a_tiff_is_a_picture(tmp_path: Path) -> None:
    path = scan(tmp_path / "photo.tiff", [(0, "red"), (1, "white")])
    assert expand([str(path)]) == [AttachmentSpec(path=path)]


@given(st.lists(st.integers(1, 50), min_size=1, unique=True))
def test_page_numbers_are_read_as_they_are_written(numbers: list[int]) -> None:
    assert page_numbers(parse_pages(written_pages(numbers)), 50, Path("book.pdf")) == numbers


def test_only_documents_have_pages(folder: Path) -> None:
    with pytest.raises(MediaUnsupported, match="Only PDFs"):
        expand([f"{folder}/b.jpg#page=1"])


@pytest.mark.parametrize("name", ["absent.png", "*.webm", "absent.png#t=1", "a\x00b"])
def test_nothing_there_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaNotFound):
        expand([f"{tmp_path}/{name}"])


@pytest.mark.parametrize("name", ["", "#page=1", "#", "~nobody-of-this-name/a.png"])
def test_no_name_is_not_this_folder(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(MediaNotFound):
        expand([name])


def test_a_folder_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(MediaNotFound, match="permission to read"):
        expand([str(folder)])


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(MediaNotFound, match="Nothing to send"):
        expand([str(tmp_path)])


def test_a_pipe_named_outright_is_refused_at_once(folder: Path) -> None:
    with pytest.raises(MediaUnsupported, match="regular"):
        expand([str(folder / "pipe.png")])


@pytest.mark.parametrize(
    "fragment", ["t=x", "n=0", "n=-1", "page=3-2", "page=0", "page=1,", "page=-2", "pages=1", "", "t=-1", "t=nan", "t=1e999"]
)
def test_wishes_that_make_no_sense(fragment: str) -> None:
    with pytest.raises(MediaUnsupported, match="write page=3" if fragment.startswith("page=") else "after #"):
        parse_fragment(fragment, f"a#{fragment}")


@given(st.text(max_size=30))
def test_any_name_gives_attachments_or_one_clear_error(text: str) -> None:
    with pytest.raises(MediaError) as caught:
        expand([f"/nonexistent/x{text}"])
    assert not set(str(caught.value)) & {"\n", "\r", "\x1b", "\x9b"}


def test_times() -> None:
    assert [seconds(text) for text in ("75", "1:15", "0:01:15.5")] == [75, 75, 75.5]


@pytest.mark.parametrize("scale", ["0,4095", "-1000,2500.5", "fit", "full"])
def test_which_values_are_black_and_white(folder: Path, scale: str) -> None:
    [spec] = expand([f"{folder}/b.jpg#scale={scale}"])
    assert spec.scale == scale
    assert expand([written_spec(spec)]) == [spec]


@pytest.mark.parametrize("scale", ["", "5", "1,1", "a,b", "nan,1", "0,inf", "1,2,3"])
def test_values_that_are_no_range(folder: Path, scale: str) -> None:
    with pytest.raises(MediaUnsupported, match="scale=LOW,HIGH"):
        expand([f"{folder}/b.jpg#scale={scale}"])

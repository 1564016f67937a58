"""Files that an extra reads: without it they are called by name, and the command that installs it is said."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.media import inspect
from minicpm_tui.media.notes import notes_of
from minicpm_tui.media.opened import open_media
from minicpm_tui.media.openers import opened_image
from minicpm_tui.media.sniff import SVG, sniff
from tests.media.samples import dicoms, formats, raws
from tests.media.samples.sample import SIZE, scene
from tests.media.samples.tiff_files import page, tiff


@pytest.fixture
def files(tmp_path: Path) -> Path:
    scene(Random(1)).save(_written_by("pillow_jxl", tmp_path / "a.jxl"))
    (tmp_path / "a.svg").write_text(formats.SVG, "utf-8")
    (tmp_path / "a.dcm").write_bytes(dicoms.dicom(scene(Random(1)).convert("L").tobytes()))
    sensor = page((60, 40), [bytes(4800)], bits=[16], photometric=32803)
    (tmp_path / "a.orf").write_bytes(tiff([sensor], start=b"IIRO"))
    return tmp_path


def _written_by(module: str, path: Path) -> Path:
    importlib.import_module(module)
    return path


@pytest.mark.parametrize(
    ("name", "module", "words"),
    [
        ("a.jxl", "pillow_jxl", "a JPEG XL picture — pip install 'minicpm-tui[jxl]'"),
        ("a.svg", "resvg_py", "an SVG drawing — pip install 'minicpm-tui[svg]'"),
        ("a.dcm", "pydicom", "a DICOM picture — pip install 'minicpm-tui[dicom]'"),
        ("a.dcm", "numpy", "a DICOM picture — pip install 'minicpm-tui[dicom]'"),
        ("a.orf", "rawpy", "camera raw without a picture that can be shown — pip install 'minicpm-tui[raw]'"),
    ],
)
def test_what_is_missing_is_named(files: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, words: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with open_media(files / name) as opened, pytest.raises(MediaUnsupported) as caught:
        opened_image(opened)
    assert words in str(caught.value)


def test_a_small_picture_of_a_camera_is_sent_and_developing_it_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    small = raws.jpeg(scene(Random(1), (640, 480)))
    (tmp_path / "a.raf").write_bytes(b"FUJIFILMCCD-RAW".ljust(160, b"\0") + small + bytes(500))
    with open_media(tmp_path / "a.raf") as opened:
        first, second = notes_of(opened_image(opened))
    assert "640×480" in first
    assert "minicpm-tui[raw]" in second


def test_what_they_are(files: Path) -> None:
    (files / "frames.dcm").write_bytes(dicoms.dicom(bytes(3 * SIZE[0] * SIZE[1]), NumberOfFrames=3))
    assert [inspect(files / name).format for name in ("a.jxl", "a.svg", "a.dcm", "a.orf")] == [
        "JPEG XL",
        "SVG",
        "DICOM",
        "camera raw",
    ]
    assert inspect(files / "frames.dcm").pages == 3
    drawing = inspect(files / "a.svg")
    assert drawing.width / drawing.height == pytest.approx(SIZE[0] / SIZE[1], rel=0.01)


def test_a_drawing_shows_nothing_from_outside_itself(tmp_path: Path) -> None:
    Image.new("RGB", (40, 40), "red").save(tmp_path / "secret.png")
    link = (tmp_path / "secret.png").as_posix()
    picture = f'<image href="{link}" xlink:href="{link}" width="96" height="64"/>'
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="96" height="64">'
    (tmp_path / "a.svg").write_text(f"{head}{picture}</svg>", "utf-8")
    with open_media(tmp_path / "a.svg") as opened:
        assert opened_image(opened).convert("RGBA").getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize(
    ("text", "drawing"),
    [
        ("<svg xmlns='x'>", True),
        ("<?xml version='1.0'?>\n<!-- by hand -->\n<!DOCTYPE svg PUBLIC 'a' 'b'>\n<svg>", True),
        ("<!doctype html><html><svg></svg></html>", False),
        ("see the <svg> element", False),
    ],
)
def test_a_page_with_a_drawing_in_it_is_none(text: str, drawing: bool) -> None:
    assert (sniff(text.encode()) == SVG) == drawing

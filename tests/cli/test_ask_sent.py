"""``ask --show-sent``: the very bytes that go out, and the slices that the model makes of them."""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from minicpm_tui.cli.main import run
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from tests.media.making import clip, photo


@pytest.fixture(autouse=True)
def no_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))


def sent(body: dict[str, Any]) -> list[bytes]:
    """The pictures and frames of a request, in order."""
    urls = [part[part["type"]]["url"] for part in body["messages"][-1]["content"] if part["type"] != "text"]
    return [base64.b64decode(data) for url in urls for data in url.partition("base64,")[2].split(",")]


def test_the_folder_has_the_bytes_that_the_server_gets(tmp_path: Path) -> None:
    photo((1500, 1000)).save(tmp_path / "photo.jpg", quality=97)
    clip(tmp_path / "clip.mp4", 30)
    folder = tmp_path / "sent"
    files = [str(tmp_path / name) for name in ("photo.jpg", "clip.mp4")]
    with serving(DemoOptions(tokens_per_second=0)) as server:
        assert run(["ask", "--url", server.url, "-f", files[0], "-f", files[1], "--show-sent", str(folder), "What?"]) == 0
        expected = sent(server.chats[0])
    names = sorted(path.name for path in folder.iterdir())
    whole = [name for name in names if "slice" not in name and "overview" not in name]
    assert [(folder / name).read_bytes() for name in whole] == expected
    assert whole[0] == "01 photo.jpg.jpg"
    assert whole[1].startswith("02 clip.mp4 frame 01 at 0.000 s")


def test_the_slices_put_together_are_the_picture(tmp_path: Path) -> None:
    photo((1344, 896)).save(tmp_path / "photo.png")
    folder = tmp_path / "sent"
    with serving(DemoOptions(tokens_per_second=0)) as server:
        assert run(["ask", "--url", server.url, "-f", str(tmp_path / "photo.png"), "--show-sent", str(folder), "What?"]) == 0
        (picture,) = (Image.open(io.BytesIO(data)).convert("RGB") for data in sent(server.chats[0]))
    assert (folder / "01 photo.png overview.png").exists()
    together = Image.new("RGB", picture.size)
    slices = sorted(folder.glob("01 photo.png slice *.png"))
    assert len(slices) == 6
    for path in slices:
        *_name, row, _column, column = path.stem.split()
        with Image.open(path) as part:
            together.paste(part, ((int(column) - 1) * part.width, (int(row) - 1) * part.height))
    assert ImageChops.difference(together, picture).getbbox() is None


def test_a_folder_with_something_in_it_is_left_alone_and_nothing_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with serving(DemoOptions(tokens_per_second=0)) as server:
        assert run(["ask", "--url", server.url, "--show-sent", str(tmp_path / "mine"), "What?"]) == 2
        assert not server.chats
    assert "Not an empty folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]

"""What a run reads stays as it is, whatever its output is called."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from minicpm_tui.access import Access
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from tests.batch.conftest import ASK, batch, fill_folder, png


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and "home" not in path.parts}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: a table of two pictures, their folder, a schema, certificates, a caption."""
    folder = tmp_path / "here"
    fill_folder(folder / "in", 2)
    (folder / "in" / "p00000.txt").write_text("a cat\n")
    (folder / "in" / "p00001.txt").write_text("a dog\n")
    lines = [{"id": str(number), "text": "What?", "image": f"in/p0000{number}.png"} for number in range(2)]
    (folder / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    body = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": f"file://{folder}/a.png"}}]}]}
    (folder / "openai.jsonl").write_text(json.dumps({"custom_id": "1", "body": body}) + "\n")
    (folder / "in" / "bad.pdf").write_bytes(b"%PDF-1.7\n no pages")
    (folder / "a.png").write_bytes(png(1))
    (folder / "list.txt").write_text("in/p00001.png\n")
    (folder / "schema.json").write_text('{"type": "object"}')
    (folder / "ca.pem").write_text("-")
    (folder / "link.jsonl").symlink_to(folder / "in" / "p00001.png")
    os.link(folder / "in" / "p00001.png", folder / "hard.jsonl")
    monkeypatch.setattr(Access, "load_into", lambda _self, _context: None)  # ca.pem is none
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("more", ["--overwrite", "--resume"])
@pytest.mark.parametrize(
    "words",
    [
        "in.jsonl -o in/p00000.png",
        "in.jsonl -o in/../in/p00001.png",
        "in.jsonl -o link.jsonl",
        "in.jsonl -o hard.jsonl",
        "in.jsonl -o out.jsonl --csv in/p00001.png",
        "in.jsonl -o out.jsonl --csv hard.jsonl",
        "list.txt --prompt Why? -o in/p00001.png",
        "in --prompt Why? -o in/p00000.png",
        "in/*.png --prompt Why? -o in/p00000.png",
        "in --prompt Why? -o in/bad.pdf",
        "in --prompt Why? -o out.jsonl --csv in/bad.pdf",
        "in --prompt {caption} -o in/p00001.txt",
        "openai.jsonl -o a.png",
        "in.jsonl -o schema.json --schema schema.json",
        "in.jsonl -o out.jsonl --csv schema.json --schema schema.json",
        "in.jsonl -o ca.pem --cacert ca.pem",
        "in.jsonl -o ca.pem --client-cert ca.pem",
    ],
    ids=lambda words: words.replace("/", "-"),
)
def test_nothing_that_is_read_is_written_over(place: Path, words: str, more: str, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "out.jsonl").write_text("{}\n")
    before = contents(place)
    assert batch(*words.split(), more, "--url", "127.0.0.1:1") == 2
    assert "is also an input" in capfd.readouterr().err
    assert contents(place) == before


@pytest.mark.parametrize(("inputs", "more"), [("in", "--overwrite"), ("in", "--skip-existing"), ("two.jsonl", "--overwrite")])
def test_no_sidecar_takes_the_place_of_a_picture(place: Path, inputs: str, more: str, capfd: pytest.CaptureFixture[str]) -> None:
    for path in (place / "in").glob("*.txt"):
        path.write_bytes(png(3))
    row = {"id": "1", "image": ["in/p00000.png", "in/p00001.txt"]}
    (place / "two.jsonl").write_text(json.dumps(row) + '\n{"id": "2", "image": "in/p00001.png"}\n')
    before = contents(place)
    assert batch(inputs, *ASK, "-o", "out.jsonl", "--sidecar", "txt", more, "--url", "127.0.0.1:1") == 2
    assert "txt is also an input" in capfd.readouterr().err
    assert contents(place) == before


def test_no_sidecar_takes_the_place_of_the_schema_or_the_output(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "schema.png").write_bytes(png(5))
    before = contents(place)
    run = ("schema.png", *ASK, "--overwrite", "--url", "127.0.0.1:1", "--sidecar")
    assert batch(*run, "json", "-o", "out.jsonl", "--schema", "schema.json") == 2
    assert "schema.json is also an input" in capfd.readouterr().err
    assert batch(*run, "txt", "-o", "schema.txt") == 2
    assert "schema.txt would be a sidecar, too" in capfd.readouterr().err
    assert batch(*run, "txt", "-o", "out.jsonl", "--csv", "schema.txt") == 2
    assert "schema.txt would be a sidecar, too" in capfd.readouterr().err
    assert contents(place) == before


def test_an_output_in_the_folder_of_its_pictures_is_its_own(place: Path) -> None:
    (place / "in" / "bad.pdf").unlink()
    with serving(DemoOptions(tokens_per_second=0, reply="A picture.")) as server:
        run = ("in", *ASK, "-o", "in/out.jsonl", "--csv", "in/out.csv", "--sidecar", "json", "--url", server.url)
        assert [batch(*run, *more) for more in ([], ["--resume"], ["--overwrite"])] == [0, 0, 0]

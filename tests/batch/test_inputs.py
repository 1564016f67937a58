"""What an INPUT means: that nothing which was named is passed over, and nothing is asked about that was not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.records import Item
from minicpm_tui.errors import UsageError
from tests.batch.conftest import ASK, batch, png, results


def items(*inputs: Path) -> list[Item]:
    return list(Plan(tuple(map(str, inputs)), ("?",)).items())


def pictures(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(1))


def pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    (tmp_path / "piped").write_text(text)
    monkeypatch.setattr(sys, "stdin", (tmp_path / "piped").open())


@pytest.mark.parametrize("first", ["gone.png", "./gone", "/no/such/thing", "sub/gone.MP4", "gone.mp4#t=1"])
def test_a_list_may_begin_with_a_file_that_is_missing(tmp_path: Path, first: str) -> None:
    pictures(tmp_path, "a.png")
    (tmp_path / "in.txt").write_text(f"{first}\na.png\n")
    assert [(item.id, "there is no file" in item.row.error) for item in items(tmp_path / "in.txt")] == [
        (first, True),
        ("a.png", False),
    ]


@pytest.mark.parametrize("text", ["What is this?\n", "What?,a.png\n", "a/b or c\n"])
def test_other_text_is_still_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "in.txt").write_text(text)
    with pytest.raises(UsageError, match="its first line is neither"):
        items(tmp_path / "in.txt")


def test_a_folder_in_a_list_is_a_request_for_each_of_its_pictures(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "sub/b.png", "sub/deep/c.png")
    (tmp_path / "none").mkdir()
    (tmp_path / "in.txt").write_text("sub/\nnone\n")
    assert [(item.id, len(item.row.files), bool(item.row.error)) for item in items(tmp_path / "in.txt")] == [
        ("sub/b.png", 1, False),
        ("sub/deep/c.png", 1, False),
        ("none", 0, True),
    ]
    (tmp_path / "in.txt").write_text(".\n./a.png\n./sub\n./sub/b.png\n")  # as find prints them
    assert sorted(item.id for item in items(tmp_path / "in.txt")) == ["./a.png", "./sub/b.png", "./sub/deep/c.png"]


def test_names_on_stdin_begin_in_the_current_folder(
    tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "here"
    pictures(here, "#a.png", "sub/b.png", "sub/#c.png")
    monkeypatch.chdir(here)
    pipe(monkeypatch, tmp_path, "./#a.png\nstdin\n./#gone.png\nsub/#c.png\n.\n")
    assert batch("-", *ASK, "-o", output, "--demo") == 1
    found = results(output)
    failed = {name for name, result in found.items() if result.error}
    assert failed == {"stdin", "./#gone.png"}
    assert set(found) - failed == {"./#a.png", "sub/#c.png", "./sub/b.png", "./sub/#c.png"}
    assert "minicpm-tui-" not in output.read_text() + capfd.readouterr().err


def test_a_name_that_begins_with_a_hash(tmp_path: Path) -> None:
    pictures(tmp_path, "sub/#a.png")
    (tmp_path / "in.jsonl").write_text('{"image": "sub/#a.png"}\n{"image": "sub/#b.png"}\n')
    assert [item.row.error for item in items(tmp_path / "in.jsonl")] == ["", ""]
    (tmp_path / "in.lst").write_text("sub/#b.png\n")
    assert ["there is no file sub/#b.png" in item.row.error for item in items(tmp_path / "in.lst")] == [True]


@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_an_empty_input_is_not_the_current_folder(
    tmp_path: Path, output: Path, empty: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pictures(tmp_path, "here/a.png")
    monkeypatch.chdir(tmp_path / "here")
    assert batch("a.png", empty, *ASK, "-o", output, "--demo", "--sidecar", "txt") == 2
    assert "INPUT is empty" in capfd.readouterr().err
    assert not output.exists()


def test_each_input_has_something_to_ask_about(tmp_path: Path) -> None:
    pictures(tmp_path, "full/a.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "in.csv").write_text("image,question\n")
    for empty in (tmp_path / "empty", tmp_path / "in.csv"):
        with pytest.raises(UsageError, match=f"{empty.name}: no pictures, videos or lines"):
            items(tmp_path / "full", empty)


def test_a_damaged_pdf_in_a_folder_is_a_failed_record(tmp_path: Path, output: Path) -> None:
    pictures(tmp_path, "in/a.png")
    (tmp_path / "in" / "b.pdf").write_bytes(b"")
    assert batch(tmp_path / "in", *ASK, "-o", output, "--demo") == 1
    assert {name: bool(result.error) for name, result in results(output).items()} == {"a.png": False, "b.pdf": True}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("name", ["in.json", "in.jsonl", "in"])
def test_json_in_the_encodings_of_windows(tmp_path: Path, name: str, encoding: str) -> None:
    records = ['{"id": "猫", "image": "a.png"}', '{"id": "b\u2028", "image": "b.png"}']
    text = f"[{', '.join(records)}]" if name == "in.json" else "\r\n".join(records)
    (tmp_path / name).write_bytes(text.encode(encoding))
    assert [(item.id, item.row.error) for item in items(tmp_path / name)] == [("猫", ""), ("b\u2028", "")]


@pytest.mark.parametrize(
    "text", ['{\n "image": "a.png"\n}\n{\n "image": "b.png"\n}\n', '{"image": "a.png",\n "id": 1}\n', "[\n{}\n]"]
)
def test_objects_over_several_lines_are_refused_once(tmp_path: Path, text: str) -> None:
    (tmp_path / "in.jsonl").write_text(text)
    with pytest.raises(UsageError, match="an object must be on one line"):
        items(tmp_path / "in.jsonl")


@pytest.mark.parametrize("first", ["{", '{"image": "a.p', '{"image": "a.png"},', '{"image": "a.png"'])
def test_a_torn_line_is_one_failed_record(tmp_path: Path, first: str) -> None:
    (tmp_path / "in.jsonl").write_text(f'{first}\n{{"image": "b.png"}}\n')
    assert [bool(item.row.error) for item in items(tmp_path / "in.jsonl")] == [True, False]


@pytest.mark.parametrize("name", ["in.csv", "in.txt"])
def test_blanks_around_the_names_of_columns(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Image , Question\na.png, What?\n")
    [item] = Plan((str(tmp_path / name),)).items()
    assert (item.row.files, item.text.strip()) == (("a.png",), "What?")

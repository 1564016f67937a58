"""From inputs to requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.batch.input.record import Columns
from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.records import Item
from minicpm_tui.errors import UsageError
from tests.batch.conftest import fill_folder, png


def ids(*inputs: Any, **options: Any) -> list[str]:
    return [item.id for item in items(*inputs, **{"prompts": ("What is it?",), **options})]


def items(*inputs: Any, **options: Any) -> list[Item]:
    return list(Plan(tuple(map(str, inputs)), **options).items())


def write_lines(path: Path, *records: Any) -> Path:
    path.write_text("".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records))
    return path


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    fill_folder(tmp_path / "in" / "b", 2)
    fill_folder(tmp_path / "in" / ".hidden", 1)
    (tmp_path / "in" / "a.JPG").write_bytes(b"no picture at all")
    (tmp_path / "in" / "nameless").write_bytes(png(1))
    (tmp_path / "in" / "caption.txt").write_text("a caption")
    (tmp_path / "in" / "up").symlink_to(tmp_path / "in")
    assert ids(tmp_path / "in") == ["a.JPG", "b/p00000.png", "b/p00001.png", "nameless"]


def test_a_glob_keeps_ids_below_its_fixed_part(tmp_path: Path) -> None:
    fill_folder(tmp_path / "in" / "x", 2)
    fill_folder(tmp_path / "in" / "y", 1)
    assert ids(tmp_path / "in" / "*" / "p00000.png") == ["x/p00000.png", "y/p00000.png"]
    assert ids(tmp_path / "in" / "**" / "*.png") == ["x/p00000.png", "x/p00001.png", "y/p00000.png"]


def test_a_single_file_is_named_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_folder(tmp_path / "in", 1)
    monkeypatch.chdir(tmp_path)
    assert ids("./in/p00000.png") == ["in/p00000.png"]


def test_a_name_that_begins_as_a_home_folder_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("~cat.png").write_bytes(png(1))
    Path("rows.jsonl").write_text('{"text": "hi", "files": ["~cat.png"]}\n')
    assert [
        Path(file).name for item in (*items("~cat.png", prompts=("hi",)), *items("rows.jsonl")) for file in item.row.files
    ] == ["~cat.png"] * 2


@pytest.mark.parametrize("missing", ["nowhere", "nowhere/*.png"])
def test_an_input_that_is_not_there(tmp_path: Path, missing: str) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        ids(tmp_path / missing)


def test_our_own_json_lines(tmp_path: Path) -> None:
    table = write_lines(
        tmp_path / "in.jsonl",
        {"id": 7, "text": "What?", "files": ["a.png", "b.png"], "system": "Be brief.", "label": "cat"},
        {"text": "Hello"},
        {"image": "c.png", "question": "Who?"},
        "",
    )
    first, second, third = items(table)
    assert (first.id, first.text, first.row.files, first.row.system) == ("7", "What?", ("a.png", "b.png"), "Be brief.")
    assert first.row.columns["label"] == "cat"
    assert first.row.base == tmp_path
    assert (second.id, second.text) == ("in.jsonl:2", "Hello")
    assert (third.id, third.text) == ("c.png", "Who?")


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", '{"files": [3]}', '{"custom_id": "x", "url": "/v1/embeddings", "body": {}}', '{"custom_id": "x", "body": {}}'],
)
def test_a_bad_line_is_an_error_and_the_others_go_on(tmp_path: Path, line: str) -> None:
    bad, good = items(write_lines(tmp_path / "in.jsonl", line, {"text": "Hello"}))
    assert "in.jsonl:1" in bad.row.error
    assert good.text == "Hello"


def test_one_json_array_and_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text('\ufeff [{"id": "a", "text": "x"},\n {"id": "b", "text": "y"}]')
    (tmp_path / "in.jsonl").write_text('\ufeff{"id": "c", "text": "x"}\n')
    assert ids(tmp_path / "in.json", tmp_path / "in.jsonl") == ["a", "b", "c"]


def test_the_openai_batch_format(tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 3}
    table = write_lines(tmp_path / "in.jsonl", {"custom_id": "r1", "method": "POST", "url": "/v1/chat/completions", "body": body})
    (item,) = items(table, prompts=("never used",))
    assert (item.id, item.row.body) == ("r1", body)


def test_csv_columns_are_chosen_and_filled_in(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text('left,right,kind of thing,key\nl.png,r.png,"a, b",k1\n', encoding="utf-8-sig")
    (item,) = items(table, prompts=("Compare the {kind of thing} of {key}",), columns=Columns(files=("left", "right"), id="key"))
    assert (item.id, item.text, item.row.files) == ("k1", "Compare the a, b of k1", ("l.png", "r.png"))


def test_csv_from_a_chinese_spreadsheet(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_bytes("image,text\n猫.png,这是什么？\n".encode("gb18030"))
    (item,) = items(table)
    assert (item.id, item.text) == ("猫.png", "这是什么？")


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("image,text\na.png,x\n")
    with pytest.raises(UsageError, match="picture"):
        items(table, columns=Columns(files=("picture",)))


def test_several_prompts_are_numbered(pictures: Path) -> None:
    asked = items(pictures / "p00000.png", pictures / "p00001.png", prompts=("Who is {stem}?", "Why?"))
    assert [(item.index, item.id.rpartition("/")[2], item.text) for item in asked] == [
        (0, "p00000.png#1", "Who is p00000?"),
        (1, "p00000.png#2", "Why?"),
        (2, "p00001.png#1", "Who is p00001?"),
        (3, "p00001.png#2", "Why?"),
    ]


def test_the_same_id_twice_is_refused(pictures: Path) -> None:
    plan = Plan((str(pictures), str(pictures)))
    with pytest.raises(UsageError, match="p00000"):
        plan.scan(lambda item: None)


def test_nothing_to_ask_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="empty"):
        Plan((str(tmp_path / "empty"),)).scan(lambda item: None)


def test_a_name_that_is_no_utf8_can_be_written(tmp_path: Path) -> None:
    folder = fill_folder(tmp_path / "in", 0)
    Path(str(folder).encode().decode() + "/b\udcff.png").write_bytes(png(1))
    (item,) = items(folder, prompts=("What is it?",))
    assert item.id == "b\\xff.png"
    assert Path(item.row.files[0]).read_bytes() == png(1)

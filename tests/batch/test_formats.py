"""What people have: evaluation tables, fine-tuning sets, tars, datasets, lists of paths."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.batch.input.record import Columns
from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.records import Item, Turn
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.errors import UsageError
from minicpm_tui.media.data_url import data_of
from tests.batch.conftest import batch, fill_folder, png, results

PICTURE = base64.b64encode(png(1)).decode()


def items(*inputs: Any, prompts: tuple[str, ...] = ()) -> list[Item]:
    return list(Plan(tuple(map(str, inputs)), prompts).items())


def one(path: Path, record: Any) -> Item:
    path.write_text(json.dumps(record))
    (item,) = items(path)
    return item


# -- files and marks of a record ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"image": "a.png", "question": "a <image> b <image> c"}, "no file is left for <image>"),
        ({"image": ["a.png", "b.png"], "question": "<image_01> a <image_00>"}, "0 of its 2 files have a mark"),
        ({"images": ["a.png", "b.png"], "question": "<image 3> a <image 1>"}, "no file is left for <image 3>"),
        ({"images": ["a.png", "b.png"], "text": "<image> a"}, "1 of its 2 files have a mark"),
    ],
)
def test_marks_that_do_not_fit_fail_the_record_unless_something_else_is_asked(tmp_path: Path, record: Any, said: str) -> None:
    path = tmp_path / "q.jsonl"
    failed = one(path, record | {"id": "7"})
    assert said in failed.row.error
    assert failed.id == "7"  # as its answer would be called
    (item,) = items(path, prompts=("What?",))
    assert (item.row.error, item.text) == ("", "What?")


def test_a_tag_of_html_is_text(tmp_path: Path) -> None:
    item = one(tmp_path / "q.jsonl", {"image": "a.png", "question": "What does <video> do?"})
    assert (item.row.error, item.row.turns, item.text) == ("", (), "What does <video> do?")


@pytest.mark.parametrize(
    "record",
    [
        {"image": "a.png", "images": ["b.png"], "question": "?"},
        {"image": "a.png", "image1": "b.png", "image2": "c.png", "question": "?"},
    ],
)
def test_a_field_whose_file_would_be_left_out_is_named(tmp_path: Path, record: Any) -> None:
    failed = one(tmp_path / "q.jsonl", record | {"id": "7"})
    assert failed.id == "7"
    error = failed.row.error
    assert "holds a file, but so does “image" in error


@pytest.mark.parametrize(
    "record",
    [
        {"image": "a.png", "images": ["a.png", "b.png"], "question": "?"},
        {"image": "a.png", "image1": "a.png", "question": "?"},
        {"image": PICTURE, "image_path": "a.png", "question": "?"},
    ],
)
def test_the_same_file_in_two_fields_is_sent_once(tmp_path: Path, record: Any) -> None:
    row = one(tmp_path / "q.jsonl", record).row
    assert row.error == ""
    assert len(row.files) == len(set(row.files)) == len(record.get("images", [1]))


def test_cells_that_pandas_left_empty_are_no_options(tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text(f"index\timage\tquestion\thint\tA\tB\tC\tanswer\n1\t{PICTURE}\tWhich?\tnan\tone\ttwo\tnan\tA\n")
    (item,) = items(table)
    assert "nan" not in item.text.casefold()


def test_requests_without_a_picture_are_counted(
    home: Path, tmp_path: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").write_bytes(png(1))
    table = tmp_path / "t.csv"
    table.write_text("image,question\na.png,What?\n,And this?\n")
    with serving(DemoOptions(tokens_per_second=0, reply="x")) as server:
        assert batch(table, "-o", output, "--url", server.url) == 0
        assert "1 request has no picture and no video" in capfd.readouterr().err
        table.write_text("question\nOne?\nTwo?\n")
        assert batch(table, "-o", output, "--url", server.url, "--overwrite") == 0
        assert "no picture" not in capfd.readouterr().err


# -- evaluation tables ---------------------------------------------------------------------------------------------------------


def test_vlmevalkit_with_pictures_options_and_a_shared_picture(tmp_path: Path) -> None:
    table = tmp_path / "mm.tsv"
    rows = [
        ("index", "image", "question", "hint", "A", "B", "C", "answer"),
        ("7", PICTURE, "What is it?", "", "a cat", "a dog", "", "B"),
        ("8", "7", "And now?", "look", "red", "blue", "green", "A"),
        ("9", str([PICTURE, PICTURE]), "Which?", "", "", "", "", "A"),
    ]
    table.write_text("".join("\t".join(row) + "\n" for row in rows))
    first, second, third = items(table)
    assert (first.id, second.id) == ("7", "8")
    assert first.text == (
        "Question: What is it?\nOptions:\nA. a cat\nB. a dog\nPlease select the correct answer from the options above."
    )
    assert second.text.startswith("Hint: look\nQuestion: And now?")
    assert [data_of(item.row.files[0]) for item in (first, second)] == [png(1)] * 2
    assert len(third.row.files) == 2
    assert first.row.columns["answer"] == "B"
    assert PICTURE not in first.row.columns.values()


def test_vlmevalkit_with_paths(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("index\timage_path\tquestion\n1\t['a.png', 'b.png']\tSame?\n")
    (item,) = items(tmp_path / "t.tsv")
    assert (item.id, item.row.files, item.text) == ("1", ("a.png", "b.png"), "Same?")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "gb18030"])
def test_tables_as_excel_writes_them(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "t.csv").write_bytes("image\tquestion\na.png\t这是什么?\n".encode(encoding))
    (tmp_path / "t.txt").write_bytes("image\tquestion\na.png\t这是什么?\n".encode(encoding))
    (first, second) = items(tmp_path / "t.csv", tmp_path / "t.txt")
    assert first.text == second.text == "这是什么?"


def test_what_is_neither_a_path_nor_a_picture_is_named(tmp_path: Path) -> None:
    item = one(tmp_path / "in.jsonl", {"image": "x" * 5000, "text": "?"})
    assert "in.jsonl:1: image" in item.row.error
    item = one(tmp_path / "in.jsonl", {"image": "x" * 300, "text": "?"})  # longer than a name, shorter than a path
    assert not item.row.error


def test_fields_that_are_not_understood_are_named(tmp_path: Path) -> None:
    item = one(tmp_path / "in.jsonl", {"scan": "a.png", "q": "?"})
    assert "in.jsonl:1" in item.row.error
    assert "scan, q" in item.row.error


# -- conversations -------------------------------------------------------------------------------------------------------------

QUESTION = "<image>\nWhat is the brand?"


@pytest.mark.parametrize(
    "record",
    [
        {"image": "a.png", "conversations": [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "none"}]},
        {"image": "a.png", "conversations": [{"from": "human", "value": QUESTION}, {"from": "gpt", "value": "none"}]},
        {
            "image": {"<image_00>": "a.png"},
            "conversations": [
                {"role": "user", "content": "<image_00>\nWhat is the brand?"},
                {"role": "assistant", "content": "none"},
            ],
        },
        {
            "images": ["a.png"],
            "messages": [{"role": "user", "content": "What is the brand?"}, {"role": "assistant", "content": "none"}],
        },
        {"images": [{"path": "a.png"}], "query": QUESTION, "response": "none"},
        {"images": "a.png", "instruction": "<image>What is", "input": "the brand?", "output": "none"},
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "image", "image": "a.png"}, {"type": "text", "text": "What is the brand?"}],
                },
                {"role": "assistant", "content": "none"},
            ]
        },
    ],
    ids=["openbmb", "sharegpt", "openbmb-several", "ms-swift", "query", "alpaca", "parts"],
)
def test_fine_tuning_sets_ask_their_question(tmp_path: Path, record: dict[str, Any]) -> None:
    item = one(tmp_path / "set.json", [record])
    assert item.row.files == ("a.png",)
    assert item.row.turns[0].content[0] == 0
    assert item.text.replace("\n", " ") == "What is the brand?"
    assert item.row.columns["answer"] == "none"


def test_turns_before_the_question_and_places_of_pictures_are_kept(tmp_path: Path) -> None:
    item = one(
        tmp_path / "s.jsonl",
        {
            "system": "Be brief.",
            "images": ["a.png", "b.png"],
            "messages": [
                {"role": "user", "content": "First <image> here"},
                {"role": "assistant", "content": "Yes."},
                {"role": "user", "content": "Then <image>?"},
            ],
        },
    )
    assert item.row.system == "Be brief."
    assert item.row.turns == (
        Turn("user", ("First", 0, "here")),
        Turn("assistant", ("Yes.",)),
        Turn("user", ("Then", 1, "?")),
    )


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0]: the role “tool”"),
        ({"messages": [{"role": "user"}]}, "messages[0] has no text"),
        ({"messages": ["x"]}, "messages[0] is no message"),
        ({"conversations": [{"from": "gpt", "value": "x"}]}, "no question"),
        ({"images": ["a.png"], "messages": [{"role": "user", "content": "<image><image>"}]}, "no file is left for <image>"),
        ({"images": ["a.png", "b.png"], "messages": [{"role": "user", "content": "<image>"}]}, "1 of its 2 files have a mark"),
        ({"audios": ["a.wav"], "messages": [{"role": "user", "content": "<audio>"}]}, "audios: sound is not supported"),
        ({"images": [3], "messages": [{"role": "user", "content": "<image>"}]}, "images[0]: a file must be"),
        ({"messages": [{"role": "user", "content": [{"type": "noise"}]}]}, "content[0] is not understood"),
    ],
)
def test_a_conversation_that_is_not_understood_is_named_by_line_and_field(tmp_path: Path, record: Any, said: str) -> None:
    assert said in (error := one(tmp_path / "s.jsonl", record).row.error)
    assert error.startswith("s.jsonl:1")


def test_a_mark_that_is_none_stays_text(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text('{"text": "What does <image> mean in HTML?"}')
    (item,) = Plan((str(tmp_path / "s.jsonl"),), columns=Columns(("",))).items()
    assert (item.text, item.row.turns) == ("What does <image> mean in HTML?", ())


def test_a_prompt_takes_the_place_of_the_conversation(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(json.dumps({"image": "a.png", "conversations": [{"from": "human", "value": QUESTION}]}))
    (item,) = items(tmp_path / "s.jsonl", prompts=("Answer briefly: {text}",))
    assert (item.text, item.row.turns) == ("Answer briefly: What is the brand?", ())


# -- tars, datasets, lists -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_webdataset(tmp_path: Path, mode: Any) -> None:
    path = tmp_path / ("set.tar" if mode == "w" else "set.tar.gz")
    with tarfile.open(path, mode) as tar:
        for name, data in (
            ("x/1.jpg", png(1)),
            ("x/1.json", b'{"question": "What?", "label": 3}'),
            ("x/1.txt", b"a caption\n"),
            ("x/2.left.png", png(2)),
            ("x/2.right.png", png(3)),
            ("x/2.json", b"[]"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    first, second = items(path)
    assert (first.id, first.text, [data_of(file) for file in first.row.files]) == ("x/1", "What?", [png(1)])
    assert (first.row.columns["txt"], first.row.columns["label"]) == ("a caption", "3")
    assert "set.tar" in second.row.error
    assert "x/2: json: not a JSON object" in second.row.error


def test_a_list_of_paths(tmp_path: Path) -> None:
    fill_folder(tmp_path / "in", 2)
    (tmp_path / "list.txt").write_text("in/p00000.png\n\nhttps://example.org/a.png\nin/gone.png\n")
    first, second, third = items(tmp_path / "list.txt", prompts=("?",))
    assert (first.id, second.id) == ("in/p00000.png", "https://example.org/a.png")
    assert first.row.files == (str(tmp_path / "in" / "p00000.png"),)
    assert "list.txt:4" in third.row.error


def test_text_that_is_no_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("Dear diary, today\n")
    with pytest.raises(UsageError, match="first line"):
        items(tmp_path / "notes.md")
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(UsageError, match="Excel workbook"):
        items(tmp_path / "t.xlsx")


# -- what is sent --------------------------------------------------------------------------------------------------------------


def contents(server: DemoServer) -> list[Any]:
    """Of the last request: roles, and for each content the texts and kinds of its parts."""
    messages = server.chats[-1]["messages"]
    return [
        (message["role"], content)
        if isinstance(content := message["content"], str)
        else (message["role"], [part.get("text", part["type"]) for part in content])
        for message in messages
    ]


def test_pictures_are_sent_in_their_places(tmp_path: Path, output: Path) -> None:
    fill_folder(tmp_path, 1)
    messages = [
        {"role": "user", "content": "Here <image> is one, and <image> another"},
        {"role": "assistant", "content": "So?"},
        {"role": "user", "content": "Are they alike?"},
    ]
    record = {"id": "x", "images": ["p00000.png", PICTURE], "messages": messages}
    (tmp_path / "in.jsonl").write_text(json.dumps(record))
    with serving(DemoOptions(tokens_per_second=0, reply="No.")) as server:
        assert batch(tmp_path / "in.jsonl", "-o", output, "--url", server.url) == 0
        assert contents(server)[-3:] == [
            ("user", ["Here", "image_url", "is one, and", "image_url", "another"]),
            ("assistant", "So?"),
            ("user", "Are they alike?"),
        ]
    assert results(output)["x"].text == "No."


@pytest.mark.parametrize(
    "text",
    ["p00000.png\np00001.png\n", '{"image": "p00000.png"}\n{"image": "p00001.png"}\n', "image,id\np00000.png,1\np00001.png,2\n"],
)
def test_what_is_piped_in(tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(fill_folder(tmp_path / "in", 2))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    with serving(DemoOptions(tokens_per_second=0, reply="Yes.")) as server:
        assert batch("-", "--prompt", "Is it?", "-o", output, "--url", server.url) == 0
    assert len(results(output)) == 2


def test_nothing_piped_in_is_said(output: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert batch("-", "--prompt", "Is it?", "-o", output, "--url", "127.0.0.1:1") == 2
    assert "nothing came on stdin" in capfd.readouterr().err


def test_pictures_without_a_question_are_refused(pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert batch(pictures, "-o", output, "--url", "127.0.0.1:1") == 2
    assert "there is no question about p00000.png" in (said := capfd.readouterr().err)
    assert "--prompt" in said

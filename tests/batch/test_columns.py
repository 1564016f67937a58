"""Which columns of a table, and which fields of JSON lines, are taken for what."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from minicpm_tui.batch.input.record import Columns
from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.records import Item
from minicpm_tui.demo.testing import serving
from minicpm_tui.errors import UsageError
from tests.batch.conftest import batch, png


def asked(path: Path, text: str, *prompts: str, columns: Columns | None = None) -> list[Item]:
    path.write_text(text)
    plan = Plan((str(path),), prompts, columns or Columns())
    plan.scan(lambda _item: None)
    return list(plan.items())


@pytest.mark.parametrize("name", ["IMAGE", "Image", "photo", "img_path", "image1", "Image_1", "image-1", "IMG1"])
def test_a_column_of_pictures_by_its_usual_names(tmp_path: Path, name: str) -> None:
    (item,) = asked(tmp_path / "t.csv", f"ID,{name},Question\n7,a.jpg,Q\n")
    assert (item.id, item.row.files, item.text) == ("7", ("a.jpg",), "Q")


@pytest.mark.parametrize("header", ["image2,image1", "IMG_2,IMG_1", "image2,image"])
def test_numbered_columns_make_one_request(tmp_path: Path, header: str) -> None:
    (item,) = asked(tmp_path / "t.csv", f"question,{header}\nQ,b.jpg,a.jpg\n")
    assert item.row.files == ("a.jpg", "b.jpg")


def test_named_columns_and_prompts_ignore_case(tmp_path: Path) -> None:
    (item,) = asked(tmp_path / "t.csv", "No,Pic,Ask\n7,a.jpg,Q\n", "{ask} {NO} {Pic}", columns=Columns(("PIC",), "ask", "NO"))
    assert (item.id, item.row.files, item.text) == ("7", ("a.jpg",), "Q 7 a.jpg")


def test_vlmevalkit_in_capitals(tmp_path: Path) -> None:
    (item,) = asked(tmp_path / "t.tsv", "INDEX\tIMAGE\tQUESTION\ta\tb\n7\ta.jpg\tQ\tred\tblue\n")
    assert item.id == "7"
    assert "A. red\nB. blue" in item.text


def test_expected_answers_and_options_ignore_case(tmp_path: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("id,text,Answer,Left,Right,Kind\n1,Q,red,red,blue,k\n")
    flags = ("--expect", "answer", "--match", "choice", "--options", "left,right", "--group-by", "kind")
    with serving() as server:
        assert batch(tmp_path / "t.csv", "-o", output, *flags, "--url", server.url) == 0
    assert "k: accuracy" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("name", "text", "sign"),
    [
        ("t.csv", "id,scan,question\n1,,Q\n2,a b.JPG,Q\n", "t.csv:3: “a b.JPG”"),
        ("t.csv", "id,scan,question\n1,https://a.example/v.mp4?x=1,Q\n", "t.csv:2: “https"),
        ("t.csv", "id,question\n1,<image> Q\n", "t.csv:2: “<image>”"),
        ("t.csv", "id,question\n1,What is in <image 2>?\n", "t.csv:2: “<image 2>”"),
        ("t.csv", "id,question\n1,<video> Q\n", "t.csv:2: “<video>”"),
        ("t.csv", "id,question\n1,Compare <image_00>\n", "t.csv:2: “<image_00>”"),
        ("t.jsonl", '{"id": 1, "question": "Q", "scans": ["a.png"]}\n', "t.jsonl:1: “a.png”"),
        ("t.jsonl", '{"id": 1, "query": "Q", "scan": "a.png"}\n', "t.jsonl:1: “a.png”"),
    ],
)
def test_pictures_that_no_column_is_taken_for(tmp_path: Path, name: str, text: str, sign: str) -> None:
    with pytest.raises(UsageError, match="no column is taken for one") as caught:
        asked(tmp_path / name, text)
    assert sign in caught.value.message
    assert "--file-column" in caught.value.hint
    assert "id, " in caught.value.hint


def test_nothing_is_sent_without_its_pictures(tmp_path: Path, output: Path) -> None:
    (tmp_path / "t.csv").write_text("id,scan,question\n1,a.jpg,Q\n")
    (tmp_path / "a.jpg").write_bytes(png(1))
    with serving() as server:
        assert batch(tmp_path / "t.csv", "-o", output, "--url", server.url) == 2
        assert not server.chats
        assert batch(tmp_path / "t.csv", "-o", output, "--url", server.url, "--file-column=") == 0
    assert output.exists()


@pytest.mark.parametrize(
    "text",
    [
        "id,question\n1,What is in a.jpg\n",
        "id,question,source\n1,Q,see a.txt\n",
        "image,question,scan\na.jpg,Q,\n,Q,b.jpg\n",
    ],
)
def test_questions_alone_stay_allowed(tmp_path: Path, text: str) -> None:
    assert asked(tmp_path / "t.csv", text)


@pytest.mark.parametrize("prompts", [("{q}",), ("Look.", "{q}")])
def test_a_record_without_a_field_of_the_prompt_is_named(tmp_path: Path, prompts: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=r"t\.jsonl:2 has no field “q”, which the prompt uses") as caught:
        asked(tmp_path / "t.jsonl", '{"id": "a", "image": "a.jpg", "q": "Q"}\n{"id": "b", "image": "a.jpg"}\n', *prompts)
    assert "{image}" in caught.value.hint


def test_a_sample_of_a_tar_without_a_field_of_the_prompt_is_named(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        for name, data in (("1.png", png(1)), ("1.json", b'{"q": "Q"}'), ("2.png", png(2))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    with pytest.raises(UsageError, match=r"t\.tar: 2 has no field “q”"):
        list(Plan((str(tmp_path / "t.tar"),), ("{q}",)).items())


def test_a_record_without_a_caption_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"t\.csv:2 has no caption"):
        asked(tmp_path / "t.csv", "id,image\n1,a.jpg\n", "{caption}")


@pytest.mark.parametrize(
    "header", ["id,image,question", "ID,Image,Question", "index,image,question", "id,image,Ask"], ids=lambda each: each
)
def test_a_question_that_is_empty_is_named(tmp_path: Path, header: str) -> None:
    name = header.rpartition(",")[2]
    columns = Columns(text=name) if name == "Ask" else Columns()
    with pytest.raises(UsageError, match=rf"t\.csv:3: the field “{name}” is empty") as caught:
        asked(tmp_path / "t.csv", f"{header},A,B\n1,a.jpg,Q,x,y\n2,a.jpg,,x,y\n", columns=columns)
    assert "--prompt" in caught.value.hint
    assert len(asked(tmp_path / "t.csv", f"{header}\n1,a.jpg,\n", "What?", columns=columns)) == 1


@pytest.mark.parametrize("before", ["", "x" * 400, "猫" * 20])
@pytest.mark.parametrize("zeros", ["\0", "\0Q\0\0"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_nul_character_in_a_table_is_named(tmp_path: Path, before: str, zeros: str, encoding: str) -> None:
    (tmp_path / "t.csv").write_text(f"id,image,question\n1,a.jpg,Q{before}\n2,a.jpg,Q{zeros}Q\n", encoding=encoding)
    with pytest.raises(UsageError, match=r"t\.csv:3: a NUL character in the cell “Q"):
        list(Plan((str(tmp_path / "t.csv"),)).items())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "gb18030", "utf-8"])
def test_tables_of_chinese_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    text = f"编号,图片文件,问题\n一,猫.jpg,{'这是什么？' * 50}\n"
    (tmp_path / "t.csv").write_text(text, encoding=encoding)
    (item,) = Plan((str(tmp_path / "t.csv"),), columns=Columns(("图片文件",), "问题", "编号")).items()
    assert (item.id, item.row.files) == ("一", ("猫.jpg",))


def test_a_question_that_is_empty_without_a_picture_is_named(tmp_path: Path) -> None:
    _first, second = asked(tmp_path / "t.csv", "id,question\n1,Q\n2,\n")
    assert second.row.error == "t.csv:3: the field “question” is empty"


def test_a_table_without_questions_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no question about t\.csv:2"):
        asked(tmp_path / "t.csv", "id,image\n1,a.jpg\n")

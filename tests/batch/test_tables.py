"""What a batch writes beside its lines: tables, captions, answers that are checked against a schema or a reference."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import msgspec
import pytest

from minicpm_tui.batch.output.csv_table import Layout, write_table
from minicpm_tui.batch.records import Result
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from tests.batch.conftest import ASK, batch, results

QUICK = DemoOptions(tokens_per_second=0, reply="A picture.")


def test_table_and_sidecars(pictures: Path, tmp_path: Path, output: Path) -> None:
    table = tmp_path / "out.csv"
    with serving(QUICK) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", server.url, "--csv", table, "--sidecar", "txt") == 0
        (tmp_path / "again.jsonl").unlink(missing_ok=True)
        assert batch(pictures, *ASK, "-o", tmp_path / "again.jsonl", "--url", server.url, "--sidecar", "txt") == 2
    assert [path.read_text() for path in sorted(pictures.glob("*.txt"))] == ["A picture.\n"] * 5
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [f"p{number:05}.png" for number in range(5)]
    assert {row["text"] for row in rows} == {"A picture."}


def table_of(tmp_path: Path, *found: Result, layout: Layout) -> list[dict[str, str]]:
    (tmp_path / "out.jsonl").write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in found))
    write_table(tmp_path / "out.jsonl", tmp_path / "out.csv", layout)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8" if layout.raw else "utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://a.example")'])
def test_no_cell_is_run_by_a_spreadsheet(tmp_path: Path, text: str) -> None:
    result = Result(id=text, index=0, text=text, error=text, data={"a": text, "b": -2})
    (row,) = table_of(tmp_path, result, layout=Layout())
    assert {row[name] for name in ("id", "text", "error", "a")} == {f"'{text}"}
    assert row["b"] == "-2"
    (row,) = table_of(tmp_path, result, layout=Layout(raw=True))
    assert {row[name] for name in ("id", "text", "error", "a")} == {text}


@pytest.mark.parametrize(("name", "kept"), [("007", "'007"), ("1e5", "'1e5"), ("1-2", "'1-2"), ("TRUE", "'TRUE"), ("12", "12"),
                                            ("12345678901234567", "'12345678901234567"), ("p/1.png", "p/1.png")])  # fmt: skip
def test_ids_stay_text(tmp_path: Path, name: str, kept: str) -> None:
    (row,) = table_of(tmp_path, Result(id=name, index=0), layout=Layout())
    assert row["id"] == kept


def test_each_field_of_a_schema_has_a_column(tmp_path: Path) -> None:
    first = Result(id="a", index=0, data={"text": "x", "more": [1, {"b": None}]})
    rows = table_of(tmp_path, Result(id="b", index=1, error="no"), first, layout=Layout(keys=("total", "text")))
    assert list(rows[0])[8:] == ["total", "data.text", "more"]
    assert [rows[0][name] for name in ("total", "data.text", "more")] == ["", "x", '[1,{"b":null}]']
    assert rows[1]["more"] == ""


def test_a_schema_and_raw_cells_by_the_command(pictures: Path, tmp_path: Path, output: Path) -> None:
    (tmp_path / "schema.json").write_text('{"type": "object", "properties": {"shop": {}, "total": {}}}')
    table = tmp_path / "out.csv"
    with serving(DemoOptions(tokens_per_second=0, reply='{"total": 3, "shop": "=x"}')) as server:
        asked = (pictures, *ASK, "-o", output, "--url", server.url, "--schema", tmp_path / "schema.json", "--csv", table)
        assert batch(*asked) == 0
        assert table.read_bytes().startswith(b"\xef\xbb\xbfid,")
        assert ",'=x,3" in table.read_text()
        assert batch(*asked, "--raw-csv", "--overwrite") == 0
    assert table.read_text().splitlines()[0].endswith("error,shop,total")
    assert ",=x,3" in table.read_text()


def test_json_of_a_schema(pictures: Path, tmp_path: Path, output: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}')
    with serving(DemoOptions(tokens_per_second=0, reply='{"n": 3}')) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", server.url, "--schema", schema) == 0
        assert server.chats[0]["response_format"]["json_schema"]["schema"]["required"] == ["n"]
    assert all(result.data == {"n": 3} for result in results(output).values())
    with serving(DemoOptions(tokens_per_second=0, reply='{"n": "three"}')) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", server.url, "--schema", schema, "--overwrite") == 1
    assert all("$.n" in (result.error or "") and result.text for result in results(output).values())


def test_json_in_a_block_of_code(pictures: Path, tmp_path: Path, output: Path) -> None:
    (tmp_path / "schema.json").write_text('{"type": "object", "required": ["n"]}')
    for number, reply in enumerate(('```json\n{"n": 3}\n```', 'Here it is:\n\n```\n{"n": 3}\n```\nAll good.')):
        with serving(DemoOptions(tokens_per_second=0, reply=reply)) as server:
            place = tmp_path / f"{number}.jsonl"
            assert batch(pictures, *ASK, "-o", place, "--url", server.url, "--schema", tmp_path / "schema.json") == 0
        assert [result.data for result in results(place).values()] == [{"n": 3}] * 5


@pytest.mark.parametrize("text", ["", "[]", '{"type": "nonsense"}', '{"title": "\udcff"}'])
def test_a_file_that_is_no_schema(pictures: Path, tmp_path: Path, output: Path, text: str) -> None:
    (tmp_path / "schema.json").write_text(text, errors="surrogateescape")
    assert batch(pictures, *ASK, "-o", output, "--url", "127.0.0.1:1", "--schema", tmp_path / "schema.json") == 2


def test_a_schema_needs_its_package(
    pictures: Path, output: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    assert batch(pictures, *ASK, "-o", output, "--url", "127.0.0.1:1", "--schema", "schema.json") == 2
    assert "pip install 'minicpm-tui[schema]'" in capfd.readouterr().err


def test_accuracy_is_printed(tmp_path: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "in.csv"
    table.write_text("id,text,answer\n" + "".join(f"q{number},x,{'a picture' if number else 'a cat'}\n" for number in range(4)))
    with serving(QUICK) as server:
        assert batch(table, "-o", output, "--url", server.url, "--expect", "answer") == 0
        assert batch(table, "-o", output, "--url", server.url, "--expect", "colour", "--overwrite") == 2
    said = capfd.readouterr()
    assert "accuracy 0.7500 (3 of 4 answers)" in said.out
    assert "colour" in said.err
    assert results(output)["q0"].correct is False


def test_choices_are_told_by_group_and_in_a_table(tmp_path: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "in.csv"
    rows = ("1,what,a picture,a cat,A", "2,what,a cat,a picture,a picture", "3,where,a picture,a cat,B", "4,where,a dog,a cat,B")
    table.write_text("id,text,kind,left,right,answer\n" + "".join(row.replace(",", ",x,", 1) + "\n" for row in rows))
    flags = (
        "--expect",
        "answer",
        "--match",
        "choice",
        "--options",
        "left,right",
        "--group-by",
        "kind",
        "--csv",
        tmp_path / "out.csv",
    )
    with serving(QUICK) as server:
        assert batch(table, "-o", output, "--url", server.url, *flags) == 0
        assert batch(table, "-o", tmp_path / "other", "--url", server.url, *flags) == 2
    said, told = capfd.readouterr()
    assert f"which option was taken for which: {tmp_path / 'out.confusions.csv'}" in told
    assert "accuracy 0.5000 (2 of 4 answers)" in said
    assert "what: accuracy 1.0000 (2 of 2 answers)" in said
    assert "where: accuracy 0.0000 (0 of 2 answers)" in said
    assert "1 answer names none of the options" in said
    assert {name: (result.expected, result.chosen) for name, result in results(output).items()} == {
        "1": ("A", "A"),
        "2": ("B", "B"),
        "3": ("B", "A"),
        "4": ("B", ""),
    }
    with (tmp_path / "out.confusions.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["expected", "A", "B", "none"], ["A", "1", "0", "0"], ["B", "1", "1", "1"]]
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8-sig") as file:
        assert [row["chosen"] for row in csv.DictReader(file)] == ["A", "B", "A", ""]


@pytest.mark.parametrize("match", ["exact", "contains", "regex", "numeric", "choice"])
def test_an_expected_answer_that_is_empty_is_refused(
    tmp_path: Path, output: Path, match: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text("id,text,answer,A,B\na,hi,1,1,2\nb,hi, ,1,2\n")
    with serving(QUICK) as server:
        assert batch(tmp_path / "t.csv", "-o", output, "--expect", "answer", "--match", match, "--url", server.url) == 2
        assert not server.chats
    assert "t.csv:3: the field “answer” is empty" in capfd.readouterr().err


@pytest.mark.parametrize("flags", [("--match", "choice"), ("--group-by", "x"), ("--expect", "x", "--options", "A,B")])
def test_flags_that_say_nothing_alone(pictures: Path, output: Path, flags: tuple[str, ...]) -> None:
    assert batch(pictures, *ASK, "-o", output, "--url", "127.0.0.1:1", *flags) == 2


def test_a_reference_that_is_none_is_named(tmp_path: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("id,text,answer\na,hi,3\nb,hi,no\n")
    with serving(QUICK) as server:
        flags = ("--expect", "answer", "--match", "numeric", "--url", server.url)
        assert batch(tmp_path / "t.csv", "-o", output, *flags) == 2
        assert not server.chats
    assert "t.csv:3: “no” is not a number" in capfd.readouterr().err


def test_a_table_that_cannot_be_written_is_said_at_once(pictures: Path, tmp_path: Path, output: Path) -> None:
    (tmp_path / "kept.csv").write_text("mine")
    with serving(QUICK) as server:
        for place in (tmp_path / "no" / "t.csv", tmp_path / "kept.csv", output):
            assert batch(pictures, *ASK, "-o", output, "--csv", place, "--url", server.url) == 2
        assert not server.chats
    assert (tmp_path / "kept.csv").read_text() == "mine"


def test_a_table_in_a_folder_that_takes_no_file_is_said_at_once(pictures: Path, output: Path) -> None:
    with serving(QUICK) as server:
        assert batch(pictures, *ASK, "-o", output, "--csv", "/proc/self/t.csv", "--url", server.url) == 1
        assert not server.requests


def test_json_that_is_cut_off_is_counted_as_such(
    pictures: Path, tmp_path: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "schema.json").write_text('{"type": "object"}')
    with serving(DemoOptions(tokens_per_second=0, reply='{"n": [1, 2, 3, 4, 5, 6, 7, 8]}')) as server:
        run = (pictures, *ASK, "-o", output, "--url", server.url, "--schema", tmp_path / "schema.json", "--max-tokens", "2")
        assert batch(*run) == 1
    assert "5 answers were cut off at the token limit" in capfd.readouterr().err
    assert all("cut off at the token limit" in (result.error or "") for result in results(output).values())

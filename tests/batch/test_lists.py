"""Lists and tables as people and programs make them, and what is wrong with them."""

from __future__ import annotations

import io
import os
import random
import sys
import tarfile
from pathlib import Path

import pytest

from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.errors import UsageError
from tests.batch.conftest import ASK, batch, png, results

QUICK = DemoOptions(tokens_per_second=0, reply="A picture.")


def ids(*inputs: Path) -> list[str]:
    return [item.id for item in Plan(tuple(map(str, inputs)), ("?",)).items()]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('image,question\na.jpg,"x\nb.jpg,y\n', r"in\.csv:2: a quotation mark is not closed"),
        ('image,question\nc.jpg,"two\nlines"\n\na.jpg,"x', r"in\.csv:5: a quotation mark is not closed"),
        ("image,question\na.jpg,one, two\n", r"in\.csv:2: more cells than columns, “two” is in none"),
        ("image,question\na.jpg,one\nb.jpg\n", r"in\.csv:3: fewer cells than columns, none for “question”"),
        ("image,question,question\na.jpg,one,two\n", "two columns are named “question”"),
    ],
)
def test_a_broken_table_is_refused_with_its_line(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "in.csv").write_text(table)
    with pytest.raises(UsageError, match=said):
        ids(tmp_path / "in.csv")


def test_a_table_with_blank_lines_and_separators_at_the_ends(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('image,question\na.jpg,"x\ny",\n\nb.jpg,"say ""hi"""')
    assert ids(tmp_path / "in.csv") == ["a.jpg", "b.jpg"]


def test_a_picture_that_is_by_way_of_two_rows(tmp_path: Path) -> None:
    (tmp_path / "in.tsv").write_text("index\tquestion\timage\n1\ta\t" + "QUJD" * 40 + "\n2\tb\t1\n3\tc\t2\n")
    files = [item.row.files for item in Plan((str(tmp_path / "in.tsv"),)).items()]
    assert files[0] == files[1] == files[2]
    assert len(files[2][0]) > 100


def test_a_pipe_in_the_place_of_a_picture_is_a_line(tmp_path: Path, output: Path) -> None:
    os.mkfifo(tmp_path / "f.jpg")
    (tmp_path / "p.png").write_bytes(png(1))
    (tmp_path / "in.txt").write_text("p.png\nf.jpg\n")
    with serving(QUICK) as server:
        assert batch(tmp_path / "in.txt", tmp_path / "f.jpg", *ASK, "-o", output, "--url", server.url) == 1
    assert [bool(result.error) for _id, result in sorted(results(output).items())] == [True, True, False]


def test_a_pipe_in_the_place_of_a_table_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "in.csv")
    with pytest.raises(UsageError, match="not a regular file"):
        ids(tmp_path / "in.csv")


def test_a_packed_tar_that_is_cut_off(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "in.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("a.txt")
        data = " ".join(map(str, map(random.Random(1).randrange, range(1, 20_000)))).encode()
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    whole = (tmp_path / "in.tar.gz").read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:5000] + b"\0" * 500 + whole[5500:]):
        (tmp_path / "in.tar.gz").write_bytes(broken)
        with pytest.raises(UsageError, match="copy it again"):
            ids(tmp_path / "in.tar.gz")


def test_names_between_zeros_may_hold_anything_else(tmp_path: Path) -> None:
    names = [b"a\nb.png", b"c\xff.png", b"d.png"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(png(1))
    (tmp_path / "in.lst").write_bytes(b"".join(name + b"\0" for name in names))
    assert ids(tmp_path / "in.lst") == ["a\nb.png", "c\\xff.png", "d.png"]
    (tmp_path / "in.lst").write_bytes("猫.png\n".encode("utf-16"))
    (tmp_path / "猫.png").write_bytes(png(1))
    assert ids(tmp_path / "in.lst") == ["猫.png"]
    (tmp_path / "in.lst").write_bytes("d.png\n猫.png\n".encode("utf-16-le"))
    assert ids(tmp_path / "in.lst") == ["d.png", "猫.png"]


def test_a_name_that_is_no_text_spoils_no_other(tmp_path: Path) -> None:
    names = ["猫.png".encode(), b"c\xff.png", "é.png".encode()]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(png(1))
    (tmp_path / "in.lst").write_bytes(b"\n".join(names) + b"\n")
    assert ids(tmp_path / "in.lst") == ["猫.png", "c\\xff.png", "é.png"]
    (tmp_path / "in.lst").write_bytes("猫.png\né.png\n".encode("gb18030"))
    assert ids(tmp_path / "in.lst") == ["猫.png", "é.png"]


def test_a_list_that_is_piped_in_is_called_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "in").open("w+") as piped:
        piped.write("no such thing\n")
        piped.seek(0)
        monkeypatch.setattr(sys, "stdin", piped)
        assert batch("-", *ASK, "-o", tmp_path / "out.jsonl", "--demo") == 2
    said = capfd.readouterr().err
    assert "stdin: its first line" in said
    assert "/stdin" not in said

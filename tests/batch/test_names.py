"""Names that are no UTF-8, and lines that have no id of their own."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path

import pytest

from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.batch.output import manifest
from minicpm_tui.batch.run import recent
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.errors import UsageError
from tests.batch.conftest import ASK, batch, fill_folder, png, results

QUICK = DemoOptions(tokens_per_second=0, reply="A picture.")
STRANGE = os.fsdecode(b"d\xff")


def ids(*inputs: Path) -> list[str]:
    return [item.id for item in Plan(tuple(map(str, inputs)), ("?",)).items()]


def test_names_that_are_no_text_are_asked_about_and_gone_on_with(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = fill_folder(tmp_path / STRANGE, 2)
    table = folder / f"{STRANGE}.csv"
    table.write_text("question\nWho?\n")
    output = folder / f"{STRANGE}.jsonl"
    with serving(QUICK) as server:
        run = (folder, table, *ASK, "-o", output, "--csv", folder / f"{STRANGE}-out.csv", "--url", server.url)
        assert batch(*run) == 0
        assert batch(*run, "--resume") == 0
        assert len(server.chats) == 3
    assert sorted(results(output)) == ["d\\xff.csv:2", "p00000.png", "p00001.png"]
    kept = manifest.load(output)
    assert kept is not None
    assert kept.inputs == (str(folder), str(table))
    (noted,) = recent.runs()
    assert noted.output == str(output)
    assert noted.arguments[-2:] == (str(folder), str(table))
    assert "Internal error" not in capfd.readouterr().err


@pytest.mark.parametrize("option", ["--prompt", "--system", "--text-column"])
def test_texts_that_are_none_are_refused_before_anything_is_emptied(
    pictures: Path, output: Path, option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    output.write_text("old answers\n")
    assert batch(pictures, *ASK, "-o", output, "--demo", "--overwrite", option, STRANGE) == 2
    assert f"{option} is not UTF-8" in capfd.readouterr().err
    assert output.read_text() == "old answers\n"


def test_an_empty_prompt_is_refused(pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert batch(pictures, "--prompt", " ", "-o", output, "--demo") == 2
    assert "--prompt is empty" in capfd.readouterr().err


def test_samples_of_a_tar_whose_names_are_no_text(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "in.tar", "w") as tar:
        (tmp_path / "p.png").write_bytes(png(1))
        tar.add(tmp_path / "p.png", f"{STRANGE}.png")
    assert ids(tmp_path / "in.tar") == ["d\\xff"]


def test_several_questions_about_one_picture(tmp_path: Path, output: Path) -> None:
    fill_folder(tmp_path, 2)
    asked = ["p00000.png,Who?", "p00000.png,Where?", "p00001.png,Why?", "p00000.png,When?"]
    table = tmp_path / "in.csv"
    table.write_text("\n".join(["image,question", *asked[:3]]) + "\n")
    with serving(QUICK) as server:
        assert batch(table, "-o", output, "--url", server.url) == 0
        assert sorted(results(output)) == ["p00000.png", "p00000.png#2", "p00001.png"]
        table.write_text("\n".join(["image,question", *asked]) + "\n")
        assert batch(table, "-o", output, "--url", server.url, "--resume") == 0
        assert len(server.chats) == 4
    assert sorted(results(output)) == ["p00000.png", "p00000.png#2", "p00000.png#3", "p00001.png"]


def test_a_number_that_another_file_has_in_its_name(tmp_path: Path) -> None:
    table = tmp_path / "in.jsonl"
    table.write_text("".join(json.dumps({"image": name}) + "\n" for name in ("a", "a#2", "a", "a#2", "a")))
    assert ids(table) == ["a", "a#2", "a#3", "a#2#2", "a#4"]


def test_an_id_that_is_given_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("id,image\n1,a.jpg\n2,b.jpg\n1,c.jpg\n")
    with pytest.raises(UsageError, match=r"“1” occurs more than once: in\.csv:2 and in\.csv:4"):
        Plan((str(table),), ("?",)).scan(lambda _item: None)


def test_a_name_that_is_listed_twice_is_asked_about_once(tmp_path: Path) -> None:
    fill_folder(tmp_path, 2)
    (tmp_path / "in.txt").write_text("p00000.png\np00001.png\np00000.png\n")
    assert ids(tmp_path / "in.txt") == ["p00000.png", "p00001.png"]


def test_an_input_that_is_named_twice_is_said(pictures: Path) -> None:
    picture = pictures / "p00000.png"
    with pytest.raises(UsageError, match=r"p00000\.png is an input twice"):
        Plan((str(picture), str(picture)), ("?",)).scan(lambda _item: None)

"""Training data: whole turns of chosen answers, as three kinds of readers want them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.cli.main import run
from minicpm_tui.errors import ErrorInfo, NameTaken
from minicpm_tui.messages import Delta, End, ImagePart, Message, TextPart
from minicpm_tui.sessions.journal import Journal
from minicpm_tui.sessions.training import Written, write
from tests.sessions.talk import AT, FRAMES, PICTURE, answer, conversation, question, reply


def spoilt() -> Journal:
    """One whole turn, and one of each kind that is none."""
    with Journal.create(settings={"system": "Be brief."}) as journal:
        journal.append_message(question("u", "see <image> and <image_00>"))
        answer(journal, "other", "u", "not chosen")
        answer(journal, "a", "u", "chosen", reasoning="hidden")
        parent = "a"
        for number, end in enumerate((End("abort"), End("length"), End(error=ErrorInfo("x", "It broke")), None)):
            journal.append_message(question(f"u{number}", "bad", parent))
            parent = f"a{number}"
            journal.append_message(reply(parent, f"u{number}"))
            journal.append_deltas(parent, [Delta("content", "half", 0.1)])
            if end:
                journal.append_end(parent, end)
        journal.append_message(Message("w", parent, "user", (ImagePart("x", None), TextPart("of the web")), AT))
        answer(journal, "v", "w", "seen")
        journal.append_message(question("z", "not answered", "v"))
    return journal


@pytest.fixture
def data(tmp_path: Path) -> Path:
    journals = [Journal.open(each.id, read_only=True) for each in (conversation(), spoilt())]
    assert write(journals, tmp_path / "data") == Written(sessions=2, turns=3, unfinished=5, lost=1)
    return tmp_path / "data"


def openai(data: Path) -> list[Any]:
    return [json.loads(line) for line in (data / "openai.jsonl").read_text().splitlines()]


def test_openai_messages(data: Path) -> None:
    first, second = openai(data)
    assert [message["role"] for message in first["messages"]] == ["user", "assistant", "user", "assistant"]
    *pictures, text = first["messages"][0]["content"]
    assert text == {"type": "text", "text": "What is in this picture? 这是一只猫吗"}
    files = [data / picture["image_url"]["url"] for picture in pictures]
    assert [file.read_bytes() for file in files] == [PICTURE.data, *(frame.data for frame in FRAMES)]
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant"]
    assert second["messages"][2]["content"] == [{"type": "text", "text": "chosen"}]


def test_sharegpt(data: Path) -> None:
    first, second = json.loads((data / "sharegpt.json").read_text())
    assert [turn["from"] for turn in first["conversations"]] == ["human", "gpt", "human", "gpt"]
    for sample in (first, second):
        assert sum(turn["value"].count("<image>") for turn in sample["conversations"]) == len(sample["images"])
    assert second["system"] == "Be brief."
    assert all((data / picture).is_file() for picture in first["images"])


def test_openbmb(data: Path) -> None:
    (sample,) = json.loads((data / "openbmb.json").read_text())
    assert [turn["role"] for turn in sample["conversations"]] == ["user", "assistant", "user", "assistant"]
    named = [name for turn in sample["conversations"] for name in re.findall(r"<image_\d+>", turn["content"])]
    assert named == list(sample["image"]) == ["<image_00>", "<image_01>", "<image_02>", "<image_03>"]
    assert all((data / picture).is_file() for picture in sample["image"].values())


def test_only_whole_turns_and_no_reasoning(data: Path) -> None:
    text = "".join(path.read_text() for path in data.glob("*.json*"))
    for absent in ("half", "bad", "not answered", "not chosen", "hidden", "of the web"):
        assert absent not in text


def test_a_folder_that_is_there_is_left(data: Path) -> None:
    with pytest.raises(NameTaken):
        write([], data)
    write([], data, overwrite=True)
    assert (data / "sharegpt.json").read_text().strip() == "[]"


@pytest.mark.parametrize(("flags", "turns"), [
    (["--search", "沙发"], 0), (["--search", "sofa"], 2), (["--search", "chosen"], 1), (["--since", "2020-01-01"], 3),
    (["--until", "2020-01-01"], 0), (["--since", "2020-01-01", "--search", "sofa"], 2),
])  # fmt: skip
def test_which_sessions(tmp_path: Path, flags: list[str], turns: int, capsys: pytest.CaptureFixture[str]) -> None:
    conversation()
    spoilt()
    assert run(["sessions", "export", "--format", "finetune", "-o", str(tmp_path / "data"), *flags]) == (0 if turns else 1)
    assert sum(len(each["conversations"]) // 2 for each in json.loads((tmp_path / "data" / "sharegpt.json").read_text())) == turns
    assert f"{turns} turn" in capsys.readouterr().err


def test_sessions_by_name_and_what_is_left_out_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [conversation().id, spoilt().id]
    assert run(["sessions", "export", *names, "--format", "finetune", "-o", str(tmp_path / "data")]) == 0
    said = capsys.readouterr().err
    for line in ("3 turns · 2 sessions", "left out: 5 turns without a whole answer", "left out: 1 turn without its pictures"):
        assert line in said


@pytest.mark.parametrize("arguments", [
    ["--format", "finetune", "-o", "x"], ["--format", "finetune", "--search", "x"], ["--format", "md"],
    ["a", "b", "--format", "md"], ["a", "--format", "md", "--search", "x"],
])  # fmt: skip
def test_what_says_too_little_or_too_much(arguments: list[str]) -> None:
    assert run(["sessions", "export", *arguments]) == 2


def test_every_column_has_one_type(data: Path) -> None:
    """The datasets library reads JSON with pyarrow, which refuses a column that is text here and a list there."""
    import pyarrow as pa
    from pyarrow.json import read_json

    assert read_json(data / "openai.jsonl").num_rows == 2
    for name, rows in (("sharegpt.json", 2), ("openbmb.json", 1)):
        assert pa.Table.from_pylist(json.loads((data / name).read_text())).num_rows == rows

"""What is done when an input has been changed between two runs that write one output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.demo import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from tests.batch.conftest import batch, png, results


class Asked:
    """What ``server`` is asked: each call tells the questions since the one before, sorted."""

    def __init__(self, server: DemoServer) -> None:
        self.url = server.url
        self._server = server
        self._told = 0

    def __call__(self) -> list[str]:
        bodies = self._server.chats[self._told :]
        self._told += len(bodies)
        return sorted(text_of(body["messages"][-1]["content"]) for body in bodies)


@pytest.fixture
def asked(home: Path) -> Iterator[Asked]:
    with serving(DemoOptions(tokens_per_second=0, reply="yes")) as server:
        yield Asked(server)


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def conversation(question: str) -> str:
    return f'{{"messages":[{{"role":"user","content":"{question}"}}]}}\n'


def test_a_line_that_is_put_in_moves_no_answer_to_another_question(
    asked: Asked, output: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = tmp_path / "in.jsonl"
    lines.write_text(conversation("one") + conversation("two"))
    run = (lines, "-o", output, "--url", asked.url)
    assert batch(*run) == 0
    assert asked() == ["one", "two"]
    lines.write_text(conversation("zero") + conversation("one") + conversation("two"))
    assert batch(*run, "--resume") == 0
    assert asked() == ["one", "two", "zero"]
    assert "2 requests have been changed since they were answered" in capfd.readouterr().err
    assert len(results(output)) == 3
    assert batch(*run, "--resume") == 0
    assert asked() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("id,text\n1,one\n2,two\n", "id,text\n1,one\n2,three\n"),
        ("id,file,text\n1,a.png,one\n2,a.png,two\n", "id,file,text\n1,a.png,one\n2,b.png,two\n"),
        ("id,text,system\n1,one,s\n2,two,s\n", "id,text,system\n1,one,s\n2,two,t\n"),
    ],
)
def test_only_a_record_that_asks_something_else_is_asked_again(
    asked: Asked, output: Path, tmp_path: Path, before: str, after: str
) -> None:
    for number, name in enumerate(("a.png", "b.png")):
        (tmp_path / name).write_bytes(png(number))
    table = tmp_path / "t.csv"
    table.write_text(before)
    assert batch(table, "-o", output, "--url", asked.url) == 0
    assert asked() == ["one", "two"]
    table.write_text(after)
    assert batch(table, "-o", output, "--url", asked.url, "--resume") == 0
    assert len(asked()) == 1
    assert set(results(output)) == {"1", "2"}


def test_what_no_prompt_names_may_change(asked: Asked, output: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    run = (table, "-o", output, "--prompt", "What is {name}?", "--url", asked.url)
    table.write_text("id,text,name,note\n1,x,one,x\n")
    assert batch(*run) == 0
    assert asked() == ["What is one?"]
    table.write_text("id,text,name,note\n1,x,one,y\n")
    assert batch(*run, "--resume") == 0
    assert asked() == []
    table.write_text("id,text,name,note\n1,x,two,y\n")
    assert batch(*run, "--resume") == 0
    assert asked() == ["What is two?"]


def test_an_answer_key_that_was_corrected_costs_no_request(
    asked: Asked, output: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    run = (table, "-o", output, "--url", asked.url, "--expect", "answer", "--group-by", "kind")
    table.write_text("id,text,answer,kind\n1,one,no,a\n2,two,yes,a\n")
    assert batch(*run) == 0
    assert "accuracy 0.5000" in capfd.readouterr().out
    asked()
    table.write_text("id,text,answer,kind\n1,one,yes,b\n2,two,yes,a\n")
    assert batch(*run, "--resume") == 0
    told = capfd.readouterr()
    assert "accuracy 1.0000" in told.out
    assert "1 answer is compared anew" in told.err
    assert asked() == []
    assert {name: (result.correct, result.group) for name, result in results(output).items()} == {
        "1": (True, "b"),
        "2": (True, "a"),
    }


def test_a_caption_that_the_run_wrote_itself_is_no_change(asked: Asked, output: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(1))
    (tmp_path / "a.txt").write_text("by hand")
    listed = tmp_path / "list.txt"
    listed.write_text("a.png\n")
    run = (listed, "-o", output, "--prompt", "Better: {caption}", "--sidecar", "txt", "--url", asked.url)
    assert batch(*run, "--overwrite") == 0
    assert asked() == ["Better: by hand"]
    assert (tmp_path / "a.txt").read_text() == "yes\n"
    assert batch(*run, "--resume") == 0
    assert asked() == []

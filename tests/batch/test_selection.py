"""Which rows of a growing output show: each line is read once, however long the table is."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicpm_tui.batch.output.jsonl import Output, decode_result
from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run.selection import Choice, Selection
from minicpm_tui.batch.run.view import OutputView

MANY = 2_000


@pytest.fixture
def long_output(output: Path) -> Path:
    with Output(output) as out:
        out.write(Result(id=f"p{number}", index=number, text=f"Answer {MANY - number}") for number in range(MANY))
    return output


def test_what_is_added_takes_its_place_and_nothing_else_is_read_again(long_output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = OutputView(long_output)
    view.refresh()
    selection = Selection(view, Choice(words="answer", column="id", descending=True))
    assert selection.numbers() == list(range(MANY - 1, -1, -1))
    read: list[bytes] = []

    def counted(line: bytes) -> Result | None:
        read.append(line)
        return decode_result(line)

    monkeypatch.setattr("minicpm_tui.batch.run.view.decode_result", counted)
    with Output(long_output) as out:
        out.write([Result(id=f"p{MANY}", index=MANY, text="Answer"), Result(id="p", index=MANY + 1, text="Nothing")])
    view.refresh()
    assert selection.numbers() == list(range(MANY, -1, -1))
    assert len(read) == 4  # two lines, by the view and by the selection


def test_an_output_that_was_replaced_is_looked_at_anew(long_output: Path) -> None:
    view = OutputView(long_output)
    view.refresh()
    selection = Selection(view, Choice(state="failed"))
    assert selection.numbers() == []
    part = long_output.with_name("part")
    with Output(part) as out:
        out.write([Result(id="p0", index=0, error="no")])
    part.replace(long_output)
    view.refresh()
    assert selection.numbers() == [0]

"""The output and going on with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.batch.output.jsonl import Output, read_results, refuse_place, resume
from minicpm_tui.batch.output.manifest import Manifest, demand_same, save
from minicpm_tui.batch.records import Result
from minicpm_tui.errors import NameTaken, StorageError, UsageError
from minicpm_tui.messages import Usage


def result(number: int, *, error: str | None = None) -> Result:
    return Result(id=f"猫{number}", index=number, text="\n" * number, usage=Usage(1, number), error=error)


def write(path: Path, *results: Result) -> None:
    with Output(path) as out:
        out.write(results)


def test_lines_have_the_contracts_fields(tmp_path: Path) -> None:
    write(tmp_path / "o.jsonl", Result(id="a", index=0, text="é", usage=Usage(3, 4), finish_reason="stop", seconds=1.5))
    assert (tmp_path / "o.jsonl").read_text() == (
        '{"id":"a","index":0,"text":"é","usage":{"prompt_tokens":3,"completion_tokens":4},"finish_reason":"stop",'
        '"seconds":1.5,"error":null}\n'
    )


@given(cut=st.integers(0, 10_000))
def test_wherever_a_line_is_torn_whole_ones_stay(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("torn") / "o.jsonl"
    write(path, result(1), result(2, error="no"), result(3))
    whole = path.read_bytes()
    kept = whole[: cut % (len(whole) + 1)]
    path.write_bytes(kept)
    ended = [line for line in whole.splitlines(keepends=True) if kept.startswith(whole[: whole.index(line) + len(line)])]
    done = resume(path)
    assert path.read_bytes() == b"".join(line for line in ended if b'"error":null' in line)
    assert [f"猫{number}" in done.ids for number in (1, 2, 3)] == [len(ended) >= 1, False, len(ended) >= 3]


def test_going_on_drops_failed_and_repeated_lines(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    write(path, result(1), result(2, error="no"), result(1))
    path.open("ab").write(b'garbage\n{"id": "x"}\n')
    done = resume(path)
    assert done.dropped == 4
    assert [found.id for found in read_results(path)] == ["猫1"]


def test_an_output_is_not_lost_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    write(path, result(1))
    with pytest.raises(NameTaken, match=re.escape(str(path))):
        refuse_place(path, resuming=False, overwrite=False)
    with pytest.raises(UsageError, match="folder"):
        refuse_place(tmp_path, resuming=False, overwrite=True)
    with pytest.raises(UsageError, match="does not exist"):
        refuse_place(tmp_path / "no" / "o.jsonl", resuming=False, overwrite=False)


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "o.jsonl"
    with Output(path) as out:
        out.write([result(1)])
        before = path.read_bytes()

        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            out.write([result(2)])
    assert path.read_bytes() == before


def test_another_prompt_model_or_option_is_named(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    save(path, Manifest(model="m", prompts=("Why?",), temperature=0.5, inputs=("a",)))
    demand_same(path, Manifest(model="m", prompts=("Why?",), temperature=0.5, inputs=("a", "b")))
    for changed, field in (
        (Manifest(model="other", prompts=("Why?",), temperature=0.5), "model"),
        (Manifest(model="m", prompts=("What?",), temperature=0.5), "prompts"),
        (Manifest(model="m", prompts=("Why?",), temperature=0.6), "temperature"),
    ):
        with pytest.raises(UsageError, match=field):
            demand_same(path, changed)


def test_an_output_of_unknown_origin_is_not_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing"):
        demand_same(tmp_path / "o.jsonl", Manifest())

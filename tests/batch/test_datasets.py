"""Parquet files and folders of Hugging Face's ``datasets``."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.media.data_url import data_of
from tests.batch.conftest import batch, png


def test_parquet_and_saved_datasets(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": ["a", "b"],
            "image": [{"bytes": png(1), "path": None}, {"bytes": png(2), "path": None}],
            "question": ["What?", "Why?"],
        }
    )
    (tmp_path / "hub" / "data").mkdir(parents=True)
    pyarrow.parquet.write_table(table, tmp_path / "hub" / "data" / "train-00000-of-00001.parquet")
    (tmp_path / "saved" / "test").mkdir(parents=True)
    (tmp_path / "saved" / "dataset_dict.json").write_text('{"splits": ["test"]}')
    path = tmp_path / "saved" / "test" / "data-00000-of-00001.arrow"
    with path.open("wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    for source in (tmp_path / "hub", tmp_path / "hub" / "data" / "train-00000-of-00001.parquet", tmp_path / "saved"):
        found = list(Plan((str(source),)).items())
        assert [(item.id, item.text, data_of(item.row.files[0])) for item in found] == [
            ("a", "What?", png(1)),
            ("b", "Why?", png(2)),
        ]


def test_they_need_their_package(
    tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and so on")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert batch(tmp_path / "t.parquet", "-o", output, "--url", "127.0.0.1:1") == 2
    assert "pip install 'minicpm-tui[parquet]'" in capfd.readouterr().err


def test_a_damaged_file_is_one_line(tmp_path: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and so on")
    assert batch(tmp_path / "t.parquet", "-o", output, "--url", "127.0.0.1:1") == 2
    assert "t.parquet" in (said := capfd.readouterr().err)
    assert "Traceback" not in said

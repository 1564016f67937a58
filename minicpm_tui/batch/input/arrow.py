"""Parquet files, and folders that Hugging Face's ``datasets`` wrote: the extra ``parquet``.

https://huggingface.co/docs/datasets/about_arrow: ``save_to_disk`` writes ``dataset_info.json``, ``state.json`` and Arrow streams,
and above them ``dataset_dict.json`` where there are several splits. The hub's own form is Parquet.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minicpm_tui.batch.input.locate import readable
from minicpm_tui.batch.input.piped import base_of
from minicpm_tui.batch.input.record import Columns, record_row
from minicpm_tui.batch.records import Row
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

EXTRA = "minicpm-tui[parquet]"
PARQUET_MAGIC = b"PAR1"
_ROWS_AT_ONCE = 16


def is_dataset(folder: Path) -> bool:
    """Whether ``datasets`` wrote it, with ``save_to_disk``."""
    return any((folder / name).is_file() for name in ("dataset_dict.json", "state.json"))


def is_part(path: Path, folder: Path) -> bool:
    """Whether the file ``path`` in ``folder`` would be one of a dataset's."""
    named = path.suffix in {".arrow", ".parquet"} or path.name in {"dataset_dict.json", "dataset_info.json", "state.json"}
    return named and path.resolve().is_relative_to(folder.resolve())


def holds_parquet(folder: Path) -> bool:
    """Whether there are Parquet files below it."""
    return next(_parquet_files(folder), None) is not None


def dataset_rows(folder: Path, columns: Columns) -> Iterator[Row]:
    """One row a record of every split, file by file. Raises UsageError."""
    streams = [path for path in sorted(folder.rglob("*.arrow")) if not path.name.startswith(("cache-", "."))]
    for path in streams or sorted(_parquet_files(folder)):
        yield from arrow_rows(path, columns, path.relative_to(folder).as_posix())


def arrow_rows(path: Path, columns: Columns, name: str) -> Iterator[Row]:
    """One row a record of a Parquet file or an Arrow stream, which is called ``name``. Raises UsageError."""
    number = 0
    for batch in _batches(path):
        for record in batch.to_pylist():
            number += 1
            yield record_row(record, columns, f"{name}:{number}", base_of(path))


def _batches(path: Path) -> Iterator[Any]:
    """A few records at once, of whatever size: pictures lie in them."""
    arrow = _library("pyarrow")
    try:
        with readable(path), path.open("rb") as file:
            if file.read(4) == PARQUET_MAGIC:
                yield from _library("pyarrow.parquet").ParquetFile(path).iter_batches(batch_size=_ROWS_AT_ONCE)
                return
            for batch in _library("pyarrow.ipc").open_stream(arrow.memory_map(str(path))):
                for start in range(0, batch.num_rows, _ROWS_AT_ONCE):
                    yield batch.slice(start, _ROWS_AT_ONCE)
    except arrow.ArrowException as error:
        raise UsageError(f"{path}: {error}") from error


def _library(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise UsageError(
            _("Parquet files and datasets need the package pyarrow"),
            hint=f"pip install '{EXTRA}'",
            title=_("Something is not installed"),
        ) from None


def _parquet_files(folder: Path) -> Iterator[Path]:
    return folder.rglob("*.parquet")

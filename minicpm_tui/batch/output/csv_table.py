"""``--csv FILE``: all answers as one table, in the order of the input, for spreadsheets."""

from __future__ import annotations

import csv
import os
from array import array
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.batch.output.jsonl import decode_result
from minicpm_tui.batch.records import Result
from minicpm_tui.files import storage_errors, sync_dir

HEADER = ("id", "index", "text", "finish_reason", "prompt_tokens", "completion_tokens", "seconds", "error")
EXPECTED = ("expected", "correct")


def part_path(path: Path) -> Path:
    """Where the table ``path`` is made."""
    return path.with_name(f".{path.name}.part")


def write_table(output: Path, path: Path, *, compared: bool) -> None:
    """Make ``path`` of the results in ``output``, replaced at once when it is whole. Raises StorageError. Blocks.

    Only the places of the lines are kept in memory, sorted by index.
    """
    part = part_path(path)
    with storage_errors(path), output.open("rb") as source, part.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(HEADER + (EXPECTED if compared else ()))
        for place in _places(source):
            source.seek(place)
            if (result := decode_result(source.readline())) is not None:
                writer.writerow(_record(result, compared=compared))
        target.flush()
        os.fsync(target.fileno())
    with storage_errors(path):
        part.replace(path)
        sync_dir(path.parent)


def _places(source: Any) -> list[int]:
    """Where the lines begin, by index."""
    indexes, places = array("q"), array("q")
    place = 0
    for line in source:
        if (result := decode_result(line)) is not None:
            indexes.append(result.index)
            places.append(place)
        place += len(line)
    return [places[number] for number in sorted(range(len(places)), key=indexes.__getitem__)]


def _record(result: Result, *, compared: bool) -> list[Any]:
    usage = result.usage
    record: list[Any] = [
        result.id,
        result.index,
        result.text,
        result.finish_reason or "",
        usage.prompt_tokens if usage else "",
        usage.completion_tokens if usage else "",
        result.seconds,
        result.error or "",
    ]
    if compared:
        record += ["" if value is msgspec.UNSET else value for value in (result.expected, result.correct)]
    return record

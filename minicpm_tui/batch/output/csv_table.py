"""``--csv FILE``: all answers as one table, in the order of the input, for spreadsheets."""

from __future__ import annotations

import csv
import os
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.batch.output.jsonl import decode_result, read_results
from minicpm_tui.batch.records import Result
from minicpm_tui.files import storage_errors, sync_dir

HEADER = ("id", "index", "text", "finish_reason", "prompt_tokens", "completion_tokens", "seconds", "error")


def part_path(path: Path) -> Path:
    """Where the table ``path`` is made."""
    return path.with_name(f".{path.name}.part")


def confusions_path(path: Path) -> Path:
    """Where the confusions beside the table ``path`` go: ``out.csv`` and ``out.confusions.csv``."""
    return path.with_name(f"{path.stem}.confusions{path.suffix}")


def write_table(output: Path, path: Path, fields: Sequence[str] = ()) -> None:
    """Make ``path`` of the results in ``output`` with these ``fields`` too, replaced at once when it is whole.

    Raises StorageError. Blocks. Only the places of the lines are kept in memory, sorted by index.
    """
    with storage_errors(path), output.open("rb") as source, _replacing(path) as writer:
        writer.writerow((*HEADER, *fields))
        for place in _places(source):
            source.seek(place)
            if (result := decode_result(source.readline())) is not None:
                writer.writerow(_record(result, fields))


def write_confusions(output: Path, path: Path) -> None:
    """Make ``path`` a table of how often which option was taken for which: a row for each that is right, a column for each that
    was chosen, the last for answers that name none. Raises StorageError. Blocks."""
    counts: Counter[tuple[str, str]] = Counter()
    for result in read_results(output):
        if isinstance(result.chosen, str) and isinstance(result.expected, str):
            counts[result.expected, result.chosen] += 1
    letters = sorted({letter for pair in counts for letter in pair if letter})
    with storage_errors(path), _replacing(path) as writer:
        writer.writerow(("expected", *letters, "none"))
        for right in letters:
            writer.writerow((right, *(counts[right, chosen] for chosen in (*letters, ""))))


@contextmanager
def _replacing(path: Path) -> Iterator[Any]:
    """A writer of the table ``path``, which is replaced at once when it is whole."""
    part = part_path(path)
    with part.open("w", encoding="utf-8", newline="") as target:
        yield csv.writer(target)
        target.flush()
        os.fsync(target.fileno())
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


def _record(result: Result, fields: Sequence[str]) -> list[Any]:
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
    values = (getattr(result, name) for name in fields)
    return record + ["" if value is msgspec.UNSET else value for value in values]

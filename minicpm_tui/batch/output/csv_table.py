"""``--csv FILE``: all answers as one table, in the order of the input, for spreadsheets."""

from __future__ import annotations

import csv
import os
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minicpm_tui.batch.output.cells import cell, name_cell, raw_cell
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


@dataclass(frozen=True)
class Layout:
    """What a table has beside ``HEADER``: ``fields`` of the results, and ``keys`` of their data before those that it has besides.

    ``raw``: cells as they are, without a byte order mark, for programs.
    """

    fields: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    raw: bool = False


def write_table(output: Path, path: Path, layout: Layout) -> None:
    """Make ``path`` of the results in ``output``, replaced at once when it is whole.

    Raises StorageError. Blocks. Only the places of the lines are kept in memory, sorted by index.
    """
    with storage_errors(path), output.open("rb") as source, _replacing(path, raw=layout.raw) as writer:
        places, keys = _places(source, layout.keys)
        named = {*HEADER, *layout.fields}
        writer.writerow((*HEADER, *layout.fields, *(f"data.{key}" if key in named else key for key in keys)))
        for place in places:
            source.seek(place)
            if (result := decode_result(source.readline())) is not None:
                writer.writerow(_record(result, layout, keys))


def write_confusions(output: Path, path: Path) -> None:
    """Make ``path`` a table of how often which option was taken for which: a row for each that is right, a column for each that
    was chosen, the last for answers that name none. Raises StorageError. Blocks."""
    counts: Counter[tuple[str, str]] = Counter()
    for result in read_results(output):
        if isinstance(result.chosen, str) and isinstance(result.expected, str):
            counts[result.expected, result.chosen] += 1
    letters = sorted({letter for pair in counts for letter in pair if letter})
    with storage_errors(path), _replacing(path, raw=True) as writer:
        writer.writerow(("expected", *letters, "none"))
        for right in letters:
            writer.writerow((right, *(counts[right, chosen] for chosen in (*letters, ""))))


@contextmanager
def _replacing(path: Path, *, raw: bool) -> Iterator[Any]:
    """A writer of the table ``path``, which is replaced at once when it is whole.

    Spreadsheets take UTF-8 for what it is by its byte order mark, which other programs stumble over: not where it is ``raw``.
    """
    part = part_path(path)
    try:
        with part.open("w", encoding="utf-8" if raw else "utf-8-sig", newline="") as target:
            yield csv.writer(target)
            target.flush()
            os.fsync(target.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    sync_dir(path.parent)


def _places(source: Any, first: Sequence[str]) -> tuple[list[int], list[str]]:
    """Where the lines begin, by index, and the keys of their data, those in ``first`` before others."""
    keys = dict.fromkeys(first)
    indexes, places = array("q"), array("q")
    place = 0
    for line in source:
        if (result := decode_result(line)) is not None:
            keys |= dict.fromkeys(result.data) if isinstance(result.data, dict) else {}
            indexes.append(result.index)
            places.append(place)
        place += len(line)
    return [places[number] for number in sorted(range(len(places)), key=indexes.__getitem__)], list(keys)


def _record(result: Result, layout: Layout, keys: Sequence[str]) -> list[Any]:
    usage = result.usage
    values: list[Any] = [
        result.index,
        result.text,
        result.finish_reason,
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
        result.seconds,
        result.error,
        *(getattr(result, name) for name in layout.fields),
    ]
    data = result.data if isinstance(result.data, dict) else {}
    values += [data.get(key) for key in keys]
    if layout.raw:
        return [result.id, *map(raw_cell, values)]
    return [name_cell(result.id), *map(cell, values)]

"""Answers that are there are compared once more when what they are compared with has been changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from minicpm_tui.batch.digests import digest
from minicpm_tui.batch.output.comparison import Comparison
from minicpm_tui.batch.output.jsonl import decode_result, line_of, read_results, rewrite
from minicpm_tui.batch.records import Item


def recompare(output: Path, comparison: Comparison, items: Iterable[Item]) -> int:
    """Compare the answers in ``output`` with what ``items`` say now; how many were changed. Raises StorageError. Blocks."""
    known = {digest(result.id): _reference(result.expected, result.group) for result in read_results(output)}
    changed: dict[str, Mapping[str, str]] = {}
    for item in items:
        before = known.get(digest(item.id))
        now = comparison.of("", item.row.columns) if before is not None and not item.row.error else {}
        if now and _reference(now["expected"], now.get("group", msgspec.UNSET)) != before:
            changed[item.id] = item.row.columns

    def compared(line: bytes) -> bytes:
        found = decode_result(line)
        if found is None or found.id not in changed:
            return line
        return line_of(msgspec.structs.replace(found, **comparison.of(found.text, changed[found.id])))

    if changed:
        rewrite(output, compared)
    return len(changed)


def _reference(expected: str | msgspec.UnsetType, group: str | msgspec.UnsetType) -> bytes:
    return digest(repr((expected, group)))

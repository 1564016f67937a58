"""What a process does with a row: ``python -m minicpm_tui.batch.run.row_job``, started by the pool of ``workers.py``."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import msgspec

from minicpm_tui.batch.engine import Ready
from minicpm_tui.batch.records import Item, Row
from minicpm_tui.batch.run.requests import RequestMaker
from minicpm_tui.media.workers.child import Reporter, serve

MODULE = "minicpm_tui.batch.run.row_job"
JOB = "row"

_Said = list[tuple[tuple[str, ...], str]]
_decode = msgspec.msgpack.Decoder(_Said).decode


def ready_of(items: Sequence[Item], pieces: Sequence[bytes]) -> list[Ready]:
    """The requests of ``items``, as the job sent them back. Raises ValueError."""
    return [
        Ready(replace(item, notes=notes, row=item.row.lean), body, error)
        for item, (notes, error), body in zip(items, _decode(pieces[0]), pieces[1:], strict=True)
    ]


def _row(reporter: Reporter, preparer: bytes, row: Row, items: Sequence[Item]) -> list[bytes]:
    """The requests of one row: notes and errors, then the bodies as they are sent."""
    made = replace(_preparer(preparer), cancelled=reporter.alive).requests(row, items)
    return [msgspec.msgpack.encode([(ready.item.notes, ready.error) for ready in made]), *(ready.body for ready in made)]


@lru_cache(1)
def _preparer(pickled: bytes) -> RequestMaker:
    made: RequestMaker = pickle.loads(pickled)  # noqa: S301  by the program that started us
    return made


if __name__ == "__main__":
    serve({JOB: _row})

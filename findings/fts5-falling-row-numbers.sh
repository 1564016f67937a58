#!/usr/bin/env bash
# Believed: within one transaction it does not matter in which order rows go into an FTS5 index. So: words are gathered in memory only
#   while row numbers rise. A row whose number is not above the last one writes all that was gathered first, as a piece of its own,
#   and the pieces are merged again and again: four to six times the rows written, and five to nine times the CPU.
# Version: SQLite 3.54.1 (apsw 3.54.1.0). Date: 2026-11-29. Source: an index of chats that was filled newest first, with row numbers so
#   that the newest are found first; fts5FlushOneHash is called in sqlite3Fts5IndexBeginWrite (ext/fts5/fts5_index.c).
# Hurts: whoever fills a search index newest first, so that it can be used early: number upwards within a transaction, in batches.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check apsw==3.54.1.0
"$work/venv/bin/python" - <<'PY'
import sys
import time
from collections.abc import Iterable

import apsw

COUNT = 20_000


def written(numbers: Iterable[int]) -> int:
    """Rows that SQLite changed to index as many texts in one transaction."""
    db = apsw.Connection(":memory:")
    db.execute("CREATE VIRTUAL TABLE texts USING fts5(text, content='')")
    before, began = db.total_changes(), time.process_time()
    with db:
        for number in numbers:
            text = f"alpha{number % 997} beta{number % 89} gamma{number % 13}"
            db.execute("INSERT INTO texts(rowid, text) VALUES(?, ?)", (number, text))
    changed = db.total_changes() - before
    print(f"  {changed:,} rows changed, {time.process_time() - began:.2f} s of CPU")
    return changed


print("SQLite", apsw.sqlite_lib_version())
print(f"{COUNT:,} texts with rising row numbers:")
rising = written(range(1, COUNT + 1))
print(f"{COUNT:,} texts with falling row numbers:")
falling = written(range(COUNT, 0, -1))
sys.exit(0 if rising < 3 * COUNT and falling > 2 * rising else "this has changed")
PY

"""What is told of one result beside its answer: whose it is, how it ended, its picture."""

from __future__ import annotations

from pathlib import Path

from minicpm_tui.batch.input.locate import local_path
from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run.recent import BatchRun
from minicpm_tui.batch.run.view import item_of
from minicpm_tui.i18n import _
from minicpm_tui.text import printable


def facts(result: Result) -> str:
    """What stands above the answer: whose it is, its figures, and what is wrong with it."""
    figures = [result.finish_reason or "", _("{seconds:.1f} s").format(seconds=result.seconds)]
    if result.usage:
        figures.append(_("{count} tokens").format(count=result.usage.completion_tokens))
    head = [result.id, " · ".join(figure for figure in figures if figure)]
    wrong = result.error or result.ending.text
    return printable("\n\n".join(part for part in ("\n".join(head), wrong) if part)) + "\n"


def picture(run: BatchRun, result: Result) -> Path | None:
    """The first file of the row's request. Blocks. Raises MinicpmTuiError."""
    item = item_of(Path(run.output), Path(run.folder), result)
    if item is None:
        return None
    found = (local_path(file, item.row.base) for file in item.row.files)
    return next((path for path in found if path is not None and path.exists()), None)

"""What is told of one result beside its answer: whose it is, how it ended, its picture."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from minicpm_tui.batch.input.locate import is_there, local_path
from minicpm_tui.batch.output.manifest import manifest_path
from minicpm_tui.batch.records import Result
from minicpm_tui.batch.run.recent import BatchRun
from minicpm_tui.batch.run.view import item_of
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line, printable


class Picture(NamedTuple):
    """The file of a row's picture; ``why`` says why there is none that can be shown, where there should be one."""

    path: Path | None = None
    why: str = ""


def facts(result: Result, why: str = "") -> str:
    """What stands above the answer: whose it is, its figures, what is wrong with it, and ``why`` its picture does not show."""
    figures = [result.finish_reason or "", _("{seconds:.1f} s").format(seconds=result.seconds)]
    if result.usage:
        figures.append(_("{count} tokens").format(count=result.usage.completion_tokens))
    head = [result.id, " · ".join(figure for figure in figures if figure)]
    wrong = result.error or result.ending.text
    unseen = _("its picture cannot be shown: {why}").format(why=one_line(why)) if why else ""
    return printable("\n\n".join(part for part in ("\n".join(head), wrong, unseen) if part)) + "\n"


def picture(run: BatchRun, result: Result) -> Picture:
    """The first file of the row's request. Blocks."""
    output, folder = Path(run.output), Path(run.folder)
    try:
        item = item_of(output, folder, result)
    except MinicpmTuiError as error:
        return Picture(why=error.message)
    if item is None:
        return Picture(why=_("the input has changed since, or {name} is missing").format(name=manifest_path(output).name))
    files = item.row.files or ((result.id,) if item.row.error else ())  # a list may name it from the folder of the run
    found = [path for file in files for path in (local_path(file, item.row.base), local_path(file, folder)) if path is not None]
    if there := next((path for path in found if is_there(path)), None):
        return Picture(there)
    if found:
        return Picture(why=_("{path} is not there").format(path=found[0]))
    return Picture(why=_("it is no file of this machine") if files else "")

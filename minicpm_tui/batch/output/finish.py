"""From answers to the lines of the output: checked, compared, put beside their pictures, written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from minicpm_tui.batch.engine import Answer
from minicpm_tui.batch.output.comparison import Comparison
from minicpm_tui.batch.output.jsonl import Output
from minicpm_tui.batch.output.schema import Schema
from minicpm_tui.batch.output.sidecars import SidecarWriter
from minicpm_tui.batch.records import Result
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.messages import ABORT
from minicpm_tui.text import one_line


@dataclass(frozen=True)
class Finisher:
    """Makes results of answers and writes them: sidecars first, so that a line in the output says that its sidecar is there."""

    schema: Schema | None
    comparison: Comparison | None
    sidecars: SidecarWriter | None
    output: Output

    def __call__(self, answers: list[Answer]) -> list[Result]:
        """Blocks until everything is on the disk. Raises StorageError."""
        results = [self._result(answer) for answer in answers]
        if self.sidecars is not None:
            results = self.sidecars([answer.item for answer in answers], results)
        self.output.write(results)
        return results

    def _result(self, answer: Answer) -> Result:
        data: object = msgspec.UNSET
        error = answer.error or _stopped(answer)
        if self.schema is not None and not error:
            data, error = self.schema.check(answer.text)
            if error and answer.finish_reason == "length":
                error = _("the answer was cut off at the token limit, before its JSON was whole: raise --max-tokens")
        compared: dict[str, Any] = {}
        try:
            if self.comparison is not None:
                compared = self.comparison.of("" if error else answer.text, answer.item.row.columns)
        except UsageError as trouble:
            error = f"{answer.item.row.where}: {trouble.message}"
        if error:  # what was not answered is not compared
            compared = {name: value for name, value in compared.items() if name in {"expected", "group"}}
        return Result(
            id=answer.item.id,
            index=answer.item.index,
            text=answer.text,
            usage=answer.usage,
            finish_reason=answer.finish_reason,
            seconds=round(answer.seconds, 3),
            error=_writable(one_line(error)) if error else None,
            reasoning=answer.reasoning or msgspec.UNSET,
            data=msgspec.UNSET if error else data,
            **compared,
            notes=tuple(map(_writable, answer.item.notes)) or msgspec.UNSET,
            refused=answer.refused or msgspec.UNSET,
            asked=answer.item.asked or msgspec.UNSET,
        )


def _stopped(answer: Answer) -> str:
    """What went wrong with a reply that the server broke off without saying so."""
    return _("the server stopped the reply by itself") if answer.finish_reason in {ABORT, "error"} else ""


def _writable(text: str) -> str:
    """A path may hold bytes that are no UTF-8."""
    return text.encode(errors="replace").decode()

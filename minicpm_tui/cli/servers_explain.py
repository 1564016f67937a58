"""An explanation in lines for people."""

from __future__ import annotations

from minicpm_tui.i18n import _
from minicpm_tui.servers.explain import Explanation, Failure
from minicpm_tui.servers.local import STATE_TITLES
from minicpm_tui.servers.stages import TITLES
from minicpm_tui.text import format_duration, one_line


def show(explanation: Explanation) -> None:
    """Print the state, the stages and what went wrong."""
    if explanation.foreign:
        print(_("nothing in this log is as vLLM writes it: is it another program's?"))
        return
    print(_("state: {state}").format(state=_(STATE_TITLES[explanation.state])))
    for stage in explanation.stages:
        progress = f"  {stage.progress:.0%}" if stage.progress is not None and not stage.done else ""
        time = f"  {format_duration(stage.seconds)}" if stage.seconds is not None else ""
        print(f"  {_(TITLES[stage.name])}{time}{progress}")
    if explanation.failure:
        _failure(explanation.failure)
    for failure in explanation.requests:
        print(_("a request failed:"))
        _failure(failure)
    if not explanation.failure and not explanation.requests:
        print(_("no problems found in this log") if explanation.stages else _("this log is empty"))


def _failure(failure: Failure) -> None:
    print(failure.title)
    print(_("  line {number}: {line}").format(number=failure.line_number, line=one_line(failure.line)))
    if failure.hint:
        print(f"  {failure.hint}")
    for remedy in failure.remedies:
        print(_("  try: {remedy}").format(remedy=remedy.label))

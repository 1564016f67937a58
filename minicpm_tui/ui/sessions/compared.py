"""One turn of a rerun: both answers side by side."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from minicpm_tui.chat.rerun_compare import Answer, Comparison, changed, figures
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line
from minicpm_tui.ui.conversation.text import MarkdownText


class ComparedTurn(Vertical):
    """Shows a question, its recorded answer, and the new one as it comes."""

    DEFAULT_CSS = """
    ComparedTurn { height: auto; margin: 0 0 1 0; }
    ComparedTurn .question { color: $primary; text-style: bold; height: auto; }
    ComparedTurn Horizontal { height: auto; }
    ComparedTurn .answer { width: 1fr; height: auto; padding: 0 1; border-left: solid $panel; }
    ComparedTurn .figures { width: 1fr; height: auto; padding: 0 1; color: $text-muted; border-left: solid $panel; }
    """

    def __init__(self, question: str, recorded: Answer) -> None:
        super().__init__()
        self._question = question
        self._recorded = recorded
        self.comparison: Comparison | None = None

    def compose(self) -> ComposeResult:
        yield Static(one_line(self._question), classes="question", markup=False)
        with Horizontal():
            yield Static(_headed(_("Recorded answer"), figures(self._recorded)), classes="figures recorded", markup=False)
            yield Static(_headed(_("New answer"), "…"), classes="figures new", markup=False)
        with Horizontal():
            yield MarkdownText(self._recorded.text, classes="answer recorded")
            yield MarkdownText(classes="answer new")

    def grow(self, text: str) -> None:
        """``text`` comes behind what is there of the new answer."""
        self.query_one(".answer.new", MarkdownText).feed(text)

    def finish(self, comparison: Comparison) -> None:
        """Both answers with what differs."""
        self.comparison = comparison
        before, after = changed(comparison)
        self.query_one(".answer.recorded", MarkdownText).update(comparison.recorded.text or "—", before, ("removed",))
        self.query_one(".answer.new", MarkdownText).update(comparison.new.text or "—", after, ("added",))
        share = _("{share:.0%} unchanged").format(share=comparison.similarity)
        self.query_one(".figures.new", Static).update(_headed(_("New answer"), f"{share} · {figures(comparison.new)}"))


def _headed(name: str, facts: str) -> Content:
    """Whose answer it is, and its figures."""
    return Content.assemble((name, "bold $foreground"), f" · {facts}")

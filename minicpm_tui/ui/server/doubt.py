"""Before a start that will not fit: by how much, and what would."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from minicpm_tui.i18n import _
from minicpm_tui.servers.estimate import Estimate
from minicpm_tui.servers.form import Form
from minicpm_tui.text import format_bytes, model_name
from minicpm_tui.ui.server.server_view import Remedies


class Doubt(VerticalScroll):
    """Shows the estimate of ``form`` and offers what fits."""

    DEFAULT_CSS = "Doubt { height: 1fr; } Doubt Static { height: auto; margin: 0 0 1 0; }"

    def __init__(self, form: Form, estimate: Estimate) -> None:
        super().__init__(can_focus=False)
        self.form = form
        self.estimate = estimate

    def compose(self) -> ComposeResult:
        yield Static(Content.styled(model_name(self.form.model), "bold"))
        yield Static(estimate_content(self.estimate))
        yield Remedies(self.estimate.remedies, anyway=_("start it anyway"))


def estimate_content(found: Estimate) -> Content:
    """The estimate in two or three lines."""
    style = {True: "$text-success", False: "$text-error", None: "$text-warning"}[found.fits]
    lines = [Content.styled(found.message, style)]
    if found.kv_bytes and found.kv_tokens:
        text = _("weights {weights}, KV cache {cache} for {tokens:,} tokens")
        figures = text.format(
            weights=format_bytes(found.weights_bytes), cache=format_bytes(found.kv_bytes), tokens=found.kv_tokens
        )
        lines.append(Content.styled(figures, "$muted"))
    if found.rough:
        lines.append(Content.styled(_("a rough estimate: this model keeps more than a KV cache"), "$muted"))
    return Content("\n").join(lines)

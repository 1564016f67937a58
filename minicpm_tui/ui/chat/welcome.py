"""What an empty conversation says: four lines on what to do now."""

from __future__ import annotations

from typing import Literal

from textual.app import RenderResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from minicpm_tui.i18n import _
from minicpm_tui.text import model_name, one_line

LinkState = Literal["connecting", "ready", "failed"]


class Welcome(Widget):
    """``link`` tells whether there is a server; ``problem`` is one line that says why not, ``awaited`` the model that loads."""

    DEFAULT_CSS = "Welcome { width: 1fr; height: 1fr; align: center middle; content-align: center middle; padding: 0 2; }"

    link: reactive[LinkState] = reactive[LinkState]("connecting")
    model: reactive[str] = reactive("")
    problem: reactive[str] = reactive("")
    awaited: reactive[str] = reactive("")

    def render(self) -> RenderResult:
        lines = [Content.styled(self._headline(), "bold $primary"), Content("")]
        if self.link == "failed":
            lines += [Content.styled(one_line(self.problem), "$text-error"), Content("")]
            lines += [
                _key("F4", _("choose another server or try again")),
                _key("F3", _("start vLLM on this machine")),
                _key("^P", _("then “demo”: try it without a GPU")),
            ]
        else:
            lines += [
                _key("F2", _("choose pictures and videos, or type @ and a path")),
                _key("Enter", _("ask; the reply appears here")),
                _key("^P", _("find any command by name")),
                _key("F1", _("list every key")),
            ]
        return Content("\n").join(lines)

    def _headline(self) -> str:
        if self.awaited:
            return _("{model} is loading…").format(model=model_name(self.awaited, 40))
        if self.link == "ready":
            return _("Talk with {model}").format(model=model_name(self.model, 40))
        return _("No server yet") if self.link == "failed" else _("Looking for a server…")


def _key(key: str, what: str) -> Content:
    return Content.assemble((f"{key:>6}", "bold $hint-key"), f"  {what}")

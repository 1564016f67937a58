"""The panel's view of one server: how it comes up, what it does, or why it failed and what to try."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from minicpm_tui.i18n import _
from minicpm_tui.servers.endpoints import Answering
from minicpm_tui.servers.explain import Failure
from minicpm_tui.servers.local import STATE_TITLES, LocalServer, State
from minicpm_tui.servers.remedy import Remedy
from minicpm_tui.servers.stages import STAGES, TITLES, Stage, StageName
from minicpm_tui.servers.watch import Update, said_last_time
from minicpm_tui.text import format_duration, model_name, one_line
from minicpm_tui.ui.kit.option_list import Options
from minicpm_tui.ui.server.figures import FiguresView

_BAR = 6


class Remedies(Options):
    """What can be tried: Enter or the number changes the form and starts again."""

    DEFAULT_CSS = "Remedies { border: none; background: transparent; height: auto; padding: 0 0 0 1; margin: 1 0 0 0; }"

    class Tried(Message):
        """``remedy`` was chosen; None: start as it is."""

        def __init__(self, remedy: Remedy | None) -> None:
            super().__init__()
            self.remedy = remedy

    def __init__(self, remedies: Sequence[Remedy], *, anyway: str = "") -> None:
        super().__init__(compact=True, markup=False, classes="first")
        self.remedies: list[Remedy | None] = [*remedies, *([None] if anyway else [])]
        for number, remedy in enumerate(self.remedies, 1):
            label = one_line(remedy.label) if remedy else anyway
            self.add_option(Option(Content.assemble((f"{number} ", "bold"), label)))
        self.highlighted = 0 if self.remedies else None

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Tried(self.remedies[event.option_index]))

    def on_key(self, event: object) -> None:
        character = getattr(event, "character", None) or ""
        if character.isdigit() and 0 < int(character) <= len(self.remedies):
            self.post_message(self.Tried(self.remedies[int(character) - 1]))


class ServerView(VerticalScroll):
    """Shows ``server``; ``update_from`` brings what its log and process say."""

    DEFAULT_CSS = """
    ServerView { height: 1fr; scrollbar-size-vertical: 1; }
    ServerView Static { height: auto; }
    ServerView .gap { margin: 1 0 0 0; }
    ServerView .gap.-empty { display: none; }
    ServerView FiguresView { margin: 1 0 0 0; }
    """

    def __init__(self, server: LocalServer, last: dict[str, float]) -> None:
        super().__init__(classes="first")
        self.server = server
        self.last = last
        self.state: State = server.state
        self.warming = False
        self._top = Static(id="head", markup=False)
        self._parts = {name: Static(id=name, markup=False, classes="gap -empty") for name in ("stages", "cause", "tail")}
        command = Content.styled(one_line(server.command), "$muted")
        self._command = Static(command, id="command", markup=False, classes="gap")

    def compose(self) -> ComposeResult:
        self.refresh_head()
        yield from (self._top, *self._parts.values(), self._command)

    def update_from(self, update: Update) -> None:
        """Show the news."""
        self.state = update.state
        self.refresh_head()
        self._command.display = update.state != "ready"
        ended = update.state in ("failed", "exited")
        up = update.state in ("ready", "unresponsive")
        stages = None if up else stages_content(update.stages, self.last, update.elapsed, ended=ended)
        self._set("stages", stages)
        if update.lines and update.state in ("starting", "loading"):
            self._set("tail", Content.styled(one_line(update.lines[-1].message, 200), "$muted"))
        elif update.quiet:
            text = _("silent for {time}: l shows the log").format(time=format_duration(update.silent))
            self._set("tail", Content.styled(text, "$text-warning"))
        if update.state == "ready":
            self._show_figures()
        elif update.state == "unresponsive":
            self._show_silence()
        elif update.state in ("failed", "exited"):
            self._show_end(update)

    def _set(self, name: str, content: Content | None) -> None:
        """Show ``content`` in one of the parts; an empty part takes no room."""
        part = self._parts[name]
        part.set_class(not content, "-empty")
        part.update(content or "")

    def refresh_head(self) -> None:
        """Uptime goes on. News may come while the view is being put up or taken away."""
        self._top.update(self._head())

    def _head(self) -> Content:
        server = self.server
        style = {"ready": "$text-success", "failed": "$text-error"}.get(self.state, "$text-warning")
        since = f" {format_duration(time.time() - server.started)}" if self.state not in ("failed", "exited") else ""
        return Content.assemble(
            (server.short_name, "bold"),
            "\n",
            (_(STATE_TITLES[self.state]), style),
            (_(" · warming up") if self.warming and self.state == "ready" else "", "$text-warning"),
            (f"{since}  {server.url}", "$muted"),
        )

    def _show_figures(self) -> None:
        self._set("tail", None)
        self._set("cause", None)
        for remedies in self.query(Remedies):
            remedies.remove()
        if not self.query(FiguresView):
            self.mount(FiguresView())

    def _show_silence(self) -> None:
        """It lives and does not answer: what hangs on it can be stopped, and it can be started again."""
        title = Content.styled(_("The server does not answer any more"), "bold $text-warning")
        hint = Content.styled(
            _("it may be stuck on a request: stop the reply, and restart it if that does not help"), "$text-accent"
        )
        self._set("cause", Content("\n").join([title, hint]))
        self._offer([], _("restart it with the same options"))

    def _offer(self, remedies: Sequence[Remedy], anyway: str) -> None:
        if self.query(Remedies):
            return
        self.mount(chooser := Remedies(remedies, anyway=anyway), after="#cause")
        if self.has_focus_within or self.has_focus:
            chooser.focus()

    def _show_end(self, update: Update) -> None:
        for figures in self.query(FiguresView):
            figures.remove()
        failure = update.explanation.failure if update.explanation else None
        if update.state == "exited" or failure is None:
            self._set("tail", Content(_("The server has stopped.")))
            return
        self._set("cause", cause_content(failure))
        self._set("tail", Content.styled(one_line(failure.line, 400), "$muted"))
        self._offer([remedy for remedy in failure.remedies if remedy.set], _("start it again with the same options"))


class EndpointView(VerticalScroll):
    """A server that this program did not start: what it is, and its figures."""

    DEFAULT_CSS = (
        "EndpointView { height: 1fr; scrollbar-size-vertical: 1; } EndpointView > Static { height: auto; margin: 0 0 1 0; }"
    )

    def __init__(self, answering: Answering) -> None:
        super().__init__(classes="first")
        self.answering = answering

    def compose(self) -> ComposeResult:
        answering = self.answering
        name = model_name(answering.model or "")
        version = f"  vLLM {answering.version}" if answering.version else ""
        yield Static(Content.assemble((name or answering.url, "bold"), "\n", (f"{answering.url}{version}", "$muted")))
        yield FiguresView()


def cause_content(failure: Failure) -> Content:
    """What went wrong, and the hint."""
    parts = [Content.styled(failure.title, "bold $text-error")]
    if failure.hint:
        parts.append(Content.styled(failure.hint, "$text-accent"))
    return Content("\n").join(parts)


def stages_content(stages: Sequence[Stage], last: dict[str, float], elapsed: float, *, ended: bool) -> Content:
    """The stages as a list with marks, progress and seconds; those to come are dim."""
    reached: dict[StageName, Stage] = {stage.name: stage for stage in stages}
    current = stages[-1].name if stages else None
    lines = []
    for name in STAGES:
        stage = reached.get(name)
        usual = _("  (last time {time})").format(time=format_duration(last[name])) if name in last and not ended else ""
        if stage is None:
            if ended or (current and STAGES.index(name) < STAGES.index(current)):
                continue
            lines.append(Content.styled(f"○ {_(TITLES[name])}{usual}", "$muted"))
        elif name == current and not stage.done:
            mark, style = ("✗", "$text-error") if ended else ("◔", "$text-warning")
            bar = f" {_bar(stage.progress)}" if stage.progress is not None else ""
            time_text = "" if ended else f" {format_duration(elapsed)}"
            lines.append(Content.styled(f"{mark} {_(TITLES[name])}{bar}{time_text}{usual}", style))
        else:
            seconds = f" {format_duration(stage.seconds)}" if stage.seconds is not None else ""
            lines.append(Content.assemble(("● ", "$text-success"), _(TITLES[name]), (f"{seconds}{usual}", "$muted")))
    if (usual_total := said_last_time(last)) and not ended:
        lines.append(Content.styled(usual_total, "$muted"))
    return Content("\n").join(lines)


def _bar(progress: float) -> str:
    full = round(progress * _BAR)
    return f"{'━' * full}{'╌' * (_BAR - full)} {progress:.0%}"

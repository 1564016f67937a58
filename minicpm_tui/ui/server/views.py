"""The views of the server panel, one at a time, and what commands find in the one that shows."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from minicpm_tui.servers.form import Form
from minicpm_tui.servers.local import OVER, LocalServer
from minicpm_tui.ui.server.doubt import Doubt
from minicpm_tui.ui.server.entries import Entry
from minicpm_tui.ui.server.here import Here
from minicpm_tui.ui.server.server_view import ServerView


class Views(Vertical):
    """Begins with ``Here``: what this machine has."""

    def __init__(self) -> None:
        super().__init__()
        self.can_focus = True  # takes the focus until there is something inside to pass it on to

    def compose(self) -> ComposeResult:
        yield Here()

    def on_focus(self) -> None:
        self.query_one(".first").focus()

    @property
    def view(self) -> ServerView | None:
        """The server that is shown."""
        return next((view for view in self.query(ServerView) if view.is_mounted), None)

    @property
    def entry(self) -> Entry | None:
        """What is highlighted in the first view."""
        return next((here.entry for here in self.query(Here)), None)

    @property
    def server(self) -> LocalServer | None:
        """The server that commands act on."""
        if self.view is not None:
            return self.view.server
        return self.entry.server if self.entry else None

    @property
    def stoppable(self) -> bool:
        """Whether the server that commands act on is still there to be stopped."""
        return self.server is not None and (self.view is None or self.view.state not in OVER)

    @property
    def startable(self) -> bool:
        """Whether there is a form to start from: a model's, or that of a server that was shown."""
        return self.form is not None

    @property
    def away(self) -> bool:
        """Whether something else than the first view is shown."""
        return not self.query(Here)

    @property
    def shown(self) -> bool:
        """Whether the user can see the panel: nothing is polled while not."""
        on_top = self.is_attached and self.screen is self.app.screen
        return on_top and all(node.display for node in self.ancestors_with_self if isinstance(node, Widget))

    @property
    def form(self) -> Form | None:
        """The form that a start from here would begin with; None where there is nothing to start."""
        if self.view is not None:
            form = Form.from_dict(self.view.server.form)
            # One that is replaced passes its port on: tunnels and other programs stay where they are.
            return form if self.view.state in OVER else form.with_options({"port": self.view.server.port})
        for doubt in self.query(Doubt):
            return doubt.form
        if self.entry and self.entry.kind == "other":
            return Form()
        return Form(str(self.entry.model.path)) if self.entry and self.entry.model else None

    async def show(self, view: Widget) -> None:
        """Put ``view`` in place of what is shown; the focus stays in the panel."""
        if not self.is_attached:
            return  # the program is closing
        inside = self.has_focus_within
        await self.remove_children()
        await self.mount(view)
        if inside:
            targets = [widget for widget in (view, *view.query("*")) if widget.has_class("first") and widget.focusable]
            if targets:
                targets[-1].focus()
        self.refresh_bindings()

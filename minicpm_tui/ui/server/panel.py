"""The server panel: its views, and what moves between them."""

from __future__ import annotations

import asyncio
from functools import partial

from textual import on, work

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.servers import endpoints, live, watch
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.local import OVER, LocalServer
from minicpm_tui.servers.warmup import WarmUp
from minicpm_tui.servers.watch import Update, Watcher
from minicpm_tui.text import one_line
from minicpm_tui.ui.kit.commands import Commanded, bindings
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.messages import CopyText, ServerLoading, ServerLost, UseServer
from minicpm_tui.ui.server import keep_or_stop
from minicpm_tui.ui.server import start as starting
from minicpm_tui.ui.server.commands import PANEL
from minicpm_tui.ui.server.doubt import Doubt
from minicpm_tui.ui.server.figures import FiguresView
from minicpm_tui.ui.server.fill_in import FillIn
from minicpm_tui.ui.server.here import Here
from minicpm_tui.ui.server.server_view import EndpointView, Remedies, ServerView
from minicpm_tui.ui.server.views import Views

_LIVE_SECONDS = 2.0


class ServerPanel(Commanded, Views):
    """Shows what is here, or one server. Asks the app with ``UseServer`` to talk with one."""

    DECLARED = PANEL
    BINDINGS = bindings(PANEL)
    DEFAULT_CSS = "ServerPanel { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._fill_in = FillIn()
        self._warming: list[WarmUp] = []

    def on_mount(self) -> None:
        if self.has_focus:
            self.on_focus()
        self.can_focus = False
        self.set_interval(_LIVE_SECONDS, self._tick)
        self._look(first=True)

    # -- looking around -------------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="look")
    async def _look(self, *, first: bool = False) -> None:
        try:
            found = await asyncio.to_thread(starting.look_around)
        except MinicpmTuiError as error:
            self._say(error)
            return
        live_ones = [server for server in found.servers if server.live]
        if first and live_ones:
            await self.watch_server(live_ones[0], use=live_ones[0].state in ("starting", "loading"))
            return
        for here in self.query(Here):
            here.show(found.report, found.servers)
            self.refresh_bindings()

    @work(exclusive=True, group="view")
    async def action_here(self) -> None:
        await self.show(Here())
        self._look()

    def action_look(self) -> None:
        if self.away:
            self.action_here()
        else:
            self._look()

    @on(Here.Moved)
    def _moved(self, event: Here.Moved) -> None:
        event.stop()
        self.refresh_bindings()

    @on(Here.Chosen)
    async def _chosen(self, event: Here.Chosen) -> None:
        event.stop()
        entry = event.entry
        if entry.kind == "install":
            self.post_message(CopyText(entry.content.plain.splitlines()[0].strip(), _("the line")))
        elif entry.model is not None:
            self.begin(Form(str(entry.model.path)))
        elif entry.kind == "other":
            self.action_options()
        elif entry.answering is not None:
            self.post_message(UseServer(entry.answering.url))
            await self.show(EndpointView(entry.answering))
            self._tick()
        elif entry.server is not None:
            await self.watch_server(entry.server, use=True)

    # -- starting -------------------------------------------------------------------------------------------------------------

    @work(exclusive=True, group="begin")
    async def begin(self, form: Form, *, anyway: bool = False, instead_of: LocalServer | None = None) -> None:
        """Start ``form``, or say why that is not possible."""
        try:
            await self._start(form, anyway=anyway, instead_of=instead_of)
        except MinicpmTuiError as error:
            self._say(error)

    async def _start(self, form: Form, *, anyway: bool, instead_of: LocalServer | None) -> None:
        """Start ``form``; when it will not fit, say so first unless ``anyway``. ``instead_of`` is stopped.

        Raises what ``starting.prepare``, ``stop`` and ``start`` raise.
        """
        prepared = await asyncio.to_thread(starting.prepare, form)
        found = None if anyway else await asyncio.to_thread(starting.estimate, prepared)
        if found is not None and found.fits is False:
            await self.show(Doubt(form, found))
            return
        if instead_of is not None:
            if instead_of.live:
                self.notify(_("Stopping {model} …").format(model=instead_of.short_name), timeout=4, markup=False)
            await asyncio.to_thread(starting.stop, instead_of.id)
        server = await asyncio.to_thread(starting.start, prepared)
        for note in prepared.notes:
            self.notify(one_line(note), severity="warning", timeout=8, markup=False)
        await self.watch_server(server, use=True)

    @on(Remedies.Tried)
    async def _tried(self, event: Remedies.Tried) -> None:
        event.stop()
        changes = dict(event.remedy.set) if event.remedy else {}
        for doubt in self.query(Doubt):
            self.begin(doubt.form.with_options(changes), anyway=event.remedy is None)
            return
        if self.view is not None:
            server = self.view.server
            form = await asyncio.to_thread(starting.changed, server, changes)
            if self.view.state not in OVER:  # tunnels and other programs stay where they are
                form = form.with_options({"port": server.port})
            self.begin(form, anyway=True, instead_of=server)

    @work(exclusive=True, group="window")
    async def action_options(self) -> None:
        before = self.view.server if self.view is not None else None
        live = self.view is not None and self.view.state not in OVER
        start = partial(self._start, anyway=True, instead_of=before)
        await self._fill_in.start(self.app, self.form or Form(), start, instead_of=before, live=live)

    @work(exclusive=True, group="stop")
    async def action_stop_server(self) -> None:
        """Also cancels a start. A server that has ended is only forgotten, which nobody is asked about."""
        server = self.server
        if server is None:
            return
        name = server.short_name
        question = _("Stop {model}?").format(model=name)
        if server.live and not await keep_or_stop.ask_to_stop(self.app, server, question, _("Stop it")):
            return
        self.notify(_("Stopping {model} …").format(model=name), timeout=4, markup=False)
        try:
            await asyncio.to_thread(starting.stop, server.id)
        except MinicpmTuiError as error:
            self._say(error)
            return
        self.notify(_("{model} has stopped").format(model=name), timeout=4, markup=False)
        await self.show(Here())
        self._look()

    # -- watching -------------------------------------------------------------------------------------------------------------

    async def watch_server(self, server: LocalServer, *, use: bool = False) -> None:
        """Show ``server``; with ``use``, talk with it as soon as it is ready."""
        last = await asyncio.to_thread(watch.last_time, server.folder, server.version)
        await self.show(ServerView(server, last))
        if use and server.state != "ready":
            self.post_message(ServerLoading(server.url, server.model))
        self._follow(server, use=use)

    @work(exclusive=True, group="follow")
    async def _follow(self, server: LocalServer, *, use: bool) -> None:
        try:
            with await asyncio.to_thread(Watcher, server) as watcher:
                await self._follow_with(watcher, server, waiting=use)
        except MinicpmTuiError as error:
            self._say(error)

    async def _follow_with(self, watcher: Watcher, server: LocalServer, *, waiting: bool) -> None:
        """Until the server ends; or once it is in use and no longer shown."""
        while True:
            update = await asyncio.to_thread(watcher.poll, 0.25 if self.shown or waiting else 1.0)
            view = self.view
            if view is not None and view.server is server:
                if self.shown or update.state != view.state:
                    self._bring(view, update)
            elif not waiting:
                return
            if update.state == "ready" and waiting:
                waiting = False
                self.post_message(UseServer(server.url, server.model, server.key))
                if server.ready_at is None:
                    self._warm(server)
                if self.has_focus_within and self.shown:
                    await self.run_action("screen.compose")  # there is someone to talk with
            if update.state in OVER:
                self._tell_end(server, update)
                return

    @work(group="warm")
    async def _warm(self, server: LocalServer) -> None:
        """Ask a server that has just become ready its first, small question, unless the settings say otherwise."""
        try:
            warm_up = await asyncio.to_thread(starting.warm_up, server)
        except MinicpmTuiError as error:
            self._say(error)
            return
        if warm_up is None:
            return
        self._warming.append(warm_up)
        self._show_warming(server, warming=True)
        try:
            await asyncio.to_thread(warm_up.run)
        finally:
            warm_up.cancel()
            self._warming.remove(warm_up)
            self._show_warming(server, warming=False)

    def _show_warming(self, server: LocalServer, *, warming: bool) -> None:
        if self.is_attached and self.view is not None and self.view.server is server:
            self.view.warming = warming
            self.view.refresh_head()

    def on_asked(self) -> None:
        """The user's question comes before a warm-up."""
        self._end_warming()

    def on_unmount(self) -> None:
        self._end_warming()

    def _end_warming(self) -> None:
        for warm_up in self._warming:
            warm_up.cancel()

    def _tell_end(self, server: LocalServer, update: Update) -> None:
        """To those who talk with it, and to a user who does not see the panel."""
        failure = update.explanation.failure if update.explanation else None
        why = one_line(failure.title) if failure else _("The server has stopped.")
        self.post_message(ServerLost(server.url, why))
        if update.state == "failed" and not self.shown:
            self.notify(_("{why} — F3 shows more").format(why=why), severity="warning", timeout=12, markup=False)

    def _bring(self, view: ServerView, update: Update) -> None:
        changed = update.state != view.state
        view.update_from(update)
        if changed:
            self.refresh_bindings()
            if update.state == "unresponsive" and not self.shown:
                words = _("The server does not answer any more — F3 offers a restart")
                self.notify(words, severity="warning", timeout=12, markup=False)
            if update.state == "ready":
                self._tick()

    def _tick(self) -> None:
        if not self.shown:
            return
        view = self.view
        if view is not None and view.state == "ready":
            view.refresh_head()
            self._read_figures(view.server.url, view.server)
        for other in self.query(EndpointView):
            self._read_figures(other.answering.url, None)

    @work(exclusive=True, group="live")
    async def _read_figures(self, url: str, server: LocalServer | None) -> None:
        reading = await asyncio.to_thread(live.read, url, server.key if server else "")
        gpus = await asyncio.to_thread(live.gpus_of, server) if server else ()
        for figures in self.query(FiguresView):
            figures.add(reading, gpus)

    # -- its log and its address ----------------------------------------------------------------------------------------------

    def action_log(self) -> None:
        from minicpm_tui.ui.server.log import LogScreen

        if self.server is not None:
            self.app.push_screen(LogScreen(self.server.log))

    def action_copy_command(self) -> None:
        if self.server is not None:
            self.post_message(CopyText(self.server.command, _("the command")))

    def action_tunnel(self) -> None:
        if self.server is not None:
            self.post_message(CopyText(endpoints.tunnel(self.server), _("the SSH command")))

    def _say(self, error: MinicpmTuiError) -> None:
        self.notify(one_line(error_line(error.info)), severity="warning", timeout=12, markup=False)

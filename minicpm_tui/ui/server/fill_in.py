"""The start form, opened until something starts or the user gives up. What was entered is never lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.local import LocalServer
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.server import keep_or_stop
from minicpm_tui.ui.server import start as starting


class FillIn:
    """Remembers, while the program runs, what was entered for each model and server."""

    def __init__(self) -> None:
        self._entered: dict[str, dict[str, str]] = {}

    async def start(
        self, app: App[Any], form: Form, start: Callable[[Form], Awaitable[None]], *, instead_of: LocalServer | None, live: bool
    ) -> None:
        """Let the user fill in ``form`` and ``start`` it; the reason why that fails stands in the form, opened again.

        Where ``instead_of`` is ``live``, the user is asked before it is stopped.
        """
        from minicpm_tui.ui.server.form import ServeForm

        of, problem = instead_of.id if instead_of else form.model, ""
        while True:
            window = ServeForm(form, self._entered.get(of), problem)
            answer = await app.push_screen_wait(window)
            self._entered[of] = window.entered
            if answer is None:
                return
            if instead_of is not None:
                answer = await asyncio.to_thread(starting.with_secrets, answer, instead_of)
                question = _("Stop {model} and start it with these options?").format(model=instead_of.short_name)
                if live and not await keep_or_stop.ask_to_stop(app, instead_of, question, _("Restart")):
                    continue
            try:
                await start(answer)
            except MinicpmTuiError as error:
                problem = error_line(error.info)
            else:
                return

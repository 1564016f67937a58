"""Giving the terminal to another program or back to the shell, and taking it again."""

from __future__ import annotations

import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from textual import constants
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from minicpm_tui.i18n import _
from minicpm_tui.libraries import outspoken
from minicpm_tui.ui.terminal import mouse
from minicpm_tui.ui.terminal.jobs import shared_signals, shell_waits
from minicpm_tui.ui.terminal.private import driver_of, missing

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[Any]
else:
    _Base = object


class Handover(_Base):
    """Mixin of an app that can leave the terminal to others; name it before Textual's class."""

    early_input = b""
    """What came from the terminal before the app read there: answers, and what was typed while it started."""

    owns_mouse = True
    """False while the terminal's own selection has the mouse."""

    def get_driver_class(self) -> type[Driver]:
        if constants.DRIVER is not None or missing():
            return super().get_driver_class()
        from minicpm_tui.ui.terminal.driver import TerminalDriver

        return TerminalDriver

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _app: self._draw_anew())

    def _draw_anew(self) -> None:
        if not self.owns_mouse:
            mouse.capture(self, captured=False)
        self.refresh(layout=True)

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Leave the terminal to the program that runs inside ``with``; afterwards it is ours again, whatever happened there.

        Textual's own never comes back from an exception. Raises SuspendNotSupported, and what is raised inside.
        """
        problem: BaseException | None = None
        with super().suspend(), shared_signals(), outspoken():
            before = _mode(driver_of(self))
            try:
                yield
            except BaseException as error:  # noqa: BLE001 - raised again below, once the terminal is ours
                problem = error
            finally:
                _restore(driver_of(self), before)
        if problem is not None:
            raise problem

    def action_suspend_process(self) -> None:
        """Back to the shell, when there is one that can bring us back."""
        if shell_waits():
            super().action_suspend_process()
        else:
            self.notify(_("No shell is waiting for this program: nothing could resume it"), severity="warning", markup=False)


def _mode(driver: Driver | None) -> list[Any] | None:
    if not isinstance(driver, LinuxDriver):
        return None
    try:
        return termios.tcgetattr(driver.fileno)
    except termios.error:
        return None


def _restore(driver: Driver | None, mode: list[Any] | None) -> None:
    """As it was: a program that was killed leaves the terminal raw, and we would leave it so too at the end."""
    if mode is None or not isinstance(driver, LinuxDriver):
        return
    try:
        termios.tcsetattr(driver.fileno, termios.TCSADRAIN, mode)
    except termios.error:
        return  # the terminal is gone

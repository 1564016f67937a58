"""What is private in Textual, Rich and asyncio and used here: each name, and what other rooms need of it.

Only the modules of ``ui/terminal`` touch such names.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING, Any

from textual.command import CommandPalette
from textual.driver import Driver
from textual.events import Event
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[Any]
else:
    _Base = object

OUTPUT: Mapping[str, Sequence[str]] = {
    "textual._compositor:Compositor": ("_get_renders", "render_partial_update", "_dirty_regions", "visible_widgets", "size"),
    "textual._compositor:CompositorUpdate": ("render_segments",),
    "textual._compositor:ChopsUpdate": ("chops", "chop_ends", "spans"),
    "textual._compositor:LayoutUpdate": ("strips", "region"),
    "textual.app:App": (
        "_display",
        "_driver",
        "_batch_count",
        "_running",
        "_closed",
        "_sync_available",
        "_handle_exception",
        "is_headless",
        "app_resume_signal",
        "post_display_hook",
    ),
    "textual.screen:Screen": ("_compositor",),
    "textual._xterm_parser:XTermParser": ("feed", "tick"),
    "textual.drivers.linux_driver:LinuxDriver": (
        "_sigcont_application",
        "_patch_iflag",
        "_patch_lflag",
        "_enable_mouse_support",
        "run_input_thread",
        "exit_event",
        "_key_thread",
    ),
    "textual.strip:Strip": ("render_ansi",),
}
"""What the output is built on that writes least, and the driver: by class, ``module:Class``."""
ELSEWHERE: Mapping[str, Sequence[str]] = {
    "asyncio.base_events:BaseEventLoop": ("_ready",),
    "textual.app:App": ("_notifications", "_unnotify"),
    "textual.command:CommandPalette": ("_action_command_list",),
    "textual.message:Message": ("_stop_propagation",),
    "textual.screen:Screen": ("_callbacks", "_update_timer"),
    "textual._xterm_parser:XTermParser": ("_sequence_to_key_events",),
    "textual.drivers.linux_driver:LinuxDriver": ("_debug",),
}
"""What is needed besides; where one of these is gone, what it was good for no longer works, and no more than that."""
PARAMETERS: Mapping[str, Sequence[str]] = {
    "textual._compositor:Compositor._get_renders": ["self", "crop"],
    "textual.app:App._display": ["self", "screen", "renderable"],
    "textual.strip:Strip.render_ansi": ["style", "color_system"],
}


@cache
def missing() -> tuple[str, ...]:
    """What the output needs and is gone; where there is something, Textual's own output is used."""
    return (*gone(OUTPUT), *(place for place, known in PARAMETERS.items() if _parameters(place) not in (None, known)))


def gone(names: Mapping[str, Sequence[str]]) -> list[str]:
    """Those of ``names`` that the installed versions do not have, as ``module:Class.name``."""
    return [f"{place}.{name}" for place, each in names.items() for name in each if not _has(place, name)]


def _class(place: str) -> type | None:
    module, _colon, name = place.partition(":")
    try:
        return getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None


def _has(place: str, name: str) -> bool:
    """Whether the class has ``name``, or sets it on itself when it is made."""
    kind = _class(place)
    if kind is None:
        return False
    made = (vars(base)["__init__"] for base in kind.__mro__ if "__init__" in vars(base))
    return hasattr(kind, name) or any(name in code.co_names for init in made if (code := getattr(init, "__code__", None)))


def _parameters(place: str) -> list[str] | None:
    owner, _dot, name = place.rpartition(".")
    method = getattr(_class(owner), name, None)
    return list(signature(method).parameters) if method else None


def busy(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether ``loop`` has something to do now, besides what runs: not whether something waits for time, data or a thread."""
    return bool(getattr(loop, "_ready", ()))


def stopped(event: Event) -> bool:
    """Whether a handler has taken ``event``, so that nobody above sees it; True where that is no longer told."""
    return bool(getattr(event, "_stop_propagation", True))


def awaits_paint(screen: Screen[Any]) -> bool:
    """Whether something (``call_after_refresh``) is to be called once ``screen`` is painted."""
    return bool(getattr(screen, "_callbacks", ()))


def begin_frames(screen: Screen[Any]) -> None:
    """Start the clock of ``screen``'s frames before one is asked for: the first would wait for a whole period of it, 17 ms."""
    timer = getattr(screen, "_update_timer", None)
    if timer is not None:
        timer.resume()


def driver_of(app: App[Any]) -> Driver | None:
    """What ``app`` writes to the terminal with; None before it runs."""
    return app._driver  # noqa: SLF001


class Notices(_Base):
    """Mixin of an app whose notices stand once on the screen, however often they are said; name it before Textual's class."""

    def notify(self, message: str, **how: Any) -> None:
        for notice in [each for each in getattr(self, "_notifications", ()) if each.message == message]:
            self._unnotify(notice, refresh=False)
        super().notify(message, **how)


class Mistakes(_Base):
    """Mixin of an app that ends in its own way when one of its handlers raises; name it before Textual's class."""

    def fail(self, error: Exception) -> None:
        """End because of ``error``, which nobody has caught."""
        raise NotImplementedError

    def _handle_exception(self, error: Exception) -> None:
        if self.is_headless:
            super()._handle_exception(error)  # tests want to see it
        else:
            self.fail(error)


class SteadyPalette(CommandPalette):
    """Textual's palette, which fails at a page key while the commands that were found are not laid out."""

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):
            super()._action_command_list(action)

"""The private names of Textual and Rich that this room and the driver are built on, and which of them are gone."""

from __future__ import annotations

import importlib
from functools import cache
from inspect import signature

_NAMES = {
    "textual._compositor:Compositor": ("_get_renders", "visible_widgets", "size"),
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
_PARAMETERS = {
    "textual._compositor:Compositor._get_renders": ["self", "crop"],
    "textual.app:App._display": ["self", "screen", "renderable"],
    "textual.strip:Strip.render_ansi": ["style", "color_system"],
}


@cache
def missing() -> tuple[str, ...]:
    """Names that are gone, as ``module:Class.name``; where there is one, Textual's own output is used."""
    gone = [f"{place}.{name}" for place, names in _NAMES.items() for name in names if not _has(place, name)]
    return (*gone, *(place for place, known in _PARAMETERS.items() if _parameters(place) not in (None, known)))


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

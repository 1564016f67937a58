"""What the click library says itself ("Usage", "Missing argument"), in the user's language.

Click asks gettext for the catalogue ``messages`` in the environment's language: it has none, and the settings may name another
language. Its modules get this program's functions instead; their texts are the domain ``click``.
"""

from __future__ import annotations

from types import ModuleType

from click import core, decorators, exceptions, formatting, parser, types

from minicpm_tui.i18n import _, ngettext

CLICK_MODULES: tuple[ModuleType, ...] = (core, decorators, exceptions, formatting, parser, types)


def translate_click() -> None:
    """From now on click's own texts are looked up in our catalogues."""
    for module in CLICK_MODULES:
        for name, ours in (("_", _), ("ngettext", ngettext)):
            if hasattr(module, name):
                setattr(module, name, ours)

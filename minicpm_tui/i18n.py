"""The one catalogue function for every text that a user sees: ``from minicpm_tui.i18n import _``.

Translations are gettext catalogues, one domain a room: ``locale/zh_CN/LC_MESSAGES/<room>.po`` beside its compiled ``.mo``
(``python -m tests.catalogues`` compiles them; a test fails when one is stale or a text is missing).
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

LANGUAGES = ("en", "zh_CN")
LOCALE_DIR = Path(__file__).parent / "locale"

_language: str | None = None


def set_language(language: str) -> None:
    """Use ``language`` (``en``, ``zh_CN``, or empty for the environment's) from now on."""
    global _language
    _language = _supported(language) if language else None


def language() -> str:
    """The language in use: the one set, else the environment's, else ``en``."""
    if _language is not None:
        return _language
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return _supported(value.split(":")[0])
    return "en"


def _supported(tag: str) -> str:
    return "zh_CN" if tag.lower().startswith("zh") else "en"


@cache
def _catalogue(tag: str) -> NullTranslations:
    import gettext  # English needs none

    catalogue = gettext.NullTranslations()
    for path in sorted((LOCALE_DIR / tag / "LC_MESSAGES").glob("*.mo")):
        with path.open("rb") as file:
            catalogue.add_fallback(gettext.GNUTranslations(file))
    return catalogue


def _(text: str) -> str:
    """``text`` in the user's language."""
    tag = language()
    return text if tag == "en" or not text else _catalogue(tag).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """``one`` or ``many`` as ``count`` asks, in the user's language; the caller formats the number in."""
    tag = language()
    return (one if count == 1 else many) if tag == "en" else _catalogue(tag).ngettext(one, many, count)


def N_(text: str) -> str:
    """Marks a text for translation that is translated later, when it is shown."""
    return text


def translate(text: str, tag: str) -> str:
    """``text`` in the language ``tag`` names, whatever the user's is: for replies in the language of a question."""
    return text if tag == "en" or not text else _catalogue(tag).gettext(text)

"""Prompts with the file's name and columns in them: ``What is in {name}?``.

Only ``{known}`` is replaced, never attributes or format specifications, and what is put in is not looked at again. ``{{x}}`` is
the text ``{x}``; braces around anything that is no single word (JSON in a prompt) stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from minicpm_tui.batch.input import captions
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

_FIELD = re.compile(r"\{\{([^{}\n]*)\}\}|\{([^{}\n]+)\}")


def fill(template: str, columns: Mapping[str, str], place: str = "") -> str:
    """``template`` with its fields replaced. Raises UsageError, which names ``place``, for a word in braces that is no column."""

    def replace(match: re.Match[str]) -> str:
        if match[1] is not None:
            return f"{{{match[1]}}}"
        name = match[2]
        if name in columns:
            return columns[name]
        if name.isidentifier():
            lacking = _("{place} has no field “{name}”, which the prompt uses").format(place=place, name=name)
            raise UsageError(
                lacking if place else _("the prompt uses {{{name}}}, which this input does not have").format(name=name),
                hint=_("available: {columns}; write {{{{{name}}}}} for the literal text").format(
                    columns=", ".join(f"{{{known}}}" for known in dict.fromkeys((*columns, captions.FIELD))), name=name
                ),
            )
        return match[0]

    return _FIELD.sub(replace, template)


def file_columns(path: str) -> dict[str, str]:
    """``{path}`` as the id names it, ``{name}`` and ``{stem}`` of its last part."""
    pure = PurePath(path)
    return {"path": path, "name": pure.name, "stem": pure.stem}

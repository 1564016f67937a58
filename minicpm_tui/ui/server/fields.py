"""Between the form's fields, which are text, and a ``Form``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from minicpm_tui.i18n import N_
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.options import OPTIONS
from minicpm_tui.servers.values import InvalidValue, Value, write
from minicpm_tui.servers.values import read as read_value

GROUPS = {
    "model": N_("Model"),
    "memory": N_("Length and memory"),
    "media": N_("Pictures and videos"),
    "network": N_("Address"),
    "parallel": N_("Several GPUs"),
    "speed": N_("Speed"),
    "environment": N_("Environment"),
}
"""The form's headings, in order, by the options' group."""


def text_of(value: Value | None) -> str:
    """A value as a field shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return write(value)


def texts_of(form: Form) -> dict[str, str]:
    """What the fields show of ``form``, by field name; ``preset`` is the preset's name."""
    options = {name: text_of(form.options.get(name)) for name in OPTIONS}
    return {
        "model": form.model,
        "gpus": ",".join(form.gpus),
        "extra": shlex.join(form.extra),
        "preset": form.preset,
        **options,
    }


def read(texts: Mapping[str, str]) -> tuple[Form, dict[str, str]]:
    """The form that the fields hold (as ``texts_of`` gives them), and what is wrong by field name."""
    options: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    for name, option in OPTIONS.items():
        if text := texts.get(name, ""):
            try:
                options[name] = read_value(option, text)
            except InvalidValue as error:
                wrong[name] = str(error)
    try:
        extra = tuple(shlex.split(texts.get("extra", "")))
    except ValueError as error:
        extra = ()
        wrong["extra"] = str(error)
    gpus = tuple(part.strip() for part in texts.get("gpus", "").split(",") if part.strip())
    return Form(texts.get("model", ""), options, gpus, extra, texts.get("preset", "")), wrong

"""Reading what a user typed for an option, and writing it for vLLM."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from minicpm_tui.decoding import DecodingError, json_value
from minicpm_tui.i18n import _
from minicpm_tui.paths import expanded
from minicpm_tui.servers.options import Option

Value = str | int | float | bool | dict[str, Any]

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)([kKmM])?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(?:([kKmMgGtT])(?:i?[bB])?)?")
_UNITS = (
    {"": 1}
    | {unit: 1000**power for power, unit in enumerate("kmgt", 1)}
    | {unit: 1024**power for power, unit in enumerate("KMGT", 1)}
)


class InvalidValue(ValueError):
    """The text is no value for this option; ``str()`` is a sentence for the user."""


def read(option: Option, text: str) -> Value:
    """The value that ``text`` means. Raises InvalidValue."""
    text = text.strip()
    reader = _READERS.get(option.kind)
    return reader(option, text) if reader else text


def write(value: Value) -> str:
    """The value as a command line has it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def tokens(value: Value | None) -> int | None:
    """A length in tokens as a number; None for ``auto`` and ``-1``, which let vLLM choose."""
    if isinstance(value, int):
        return value if value > 0 else None
    match = _LENGTH.fullmatch(str(value or ""))
    return int(float(match.group(1)) * _UNITS[match.group(2) or ""]) if match else None


def _read_int(option: Option, text: str) -> Value:
    try:
        value = int(text)
    except ValueError:
        raise InvalidValue(_("{text} is not a whole number").format(text=text)) from None
    if value < option.minimum:
        raise InvalidValue(_("must be at least {minimum}").format(minimum=option.minimum))
    if option.name == "port" and value > 65535:
        raise InvalidValue(_("ports go up to 65535"))
    return value


def _read_size(option: Option, text: str) -> Value:
    """Bytes; ``256M`` and ``4G`` as vLLM has them: capitals are powers of 1024."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise InvalidValue(_("{text} is no size: write 268435456, 256M or 4G").format(text=text))
    value = int(float(match[1]) * _UNITS[match[2] or ""])
    if value < option.minimum:
        raise InvalidValue(_("must be at least {minimum}").format(minimum=option.minimum))
    return value


def _read_length(_option: Option, text: str) -> Value:
    if text in ("auto", "-1"):
        return text
    if tokens(text) is None:
        raise InvalidValue(_("{text} is not a number of tokens: write 8192, 8k or auto").format(text=text))
    return int(text) if text.isdigit() else text


def _read_number(_option: Option, text: str) -> Value:
    try:
        value = float(text)
    except ValueError:
        raise InvalidValue(_("{text} is not a number").format(text=text)) from None
    if not 0 <= value < float("inf"):
        raise InvalidValue(_("must not be negative"))
    return int(value) if value == int(value) and "." not in text else value


def _read_share(option: Option, text: str) -> Value:
    value = _read_number(option, text)
    if not isinstance(value, int | float) or not 0 < value <= 1:
        raise InvalidValue(_("must be above 0 and at most 1, such as 0.9"))
    return value


def _read_flag(_option: Option, text: str) -> Value:
    if text.lower() in ("", "1", "true", "yes", "on"):
        return True
    if text.lower() in ("0", "false", "no", "off"):
        return False
    raise InvalidValue(_("{text} is neither yes nor no").format(text=text))


def _read_choice(option: Option, text: str) -> Value:
    if text not in option.choices:
        raise InvalidValue(_("must be one of {choices}").format(choices=", ".join(option.choices)))
    return text


def _read_json(option: Option, text: str) -> Value:
    if re.fullmatch(r"\w+=\d+(,\w+=\d+)*", text):  # the form of vLLM before 0.9
        return {name: int(count) for name, count in (pair.split("=") for pair in text.split(","))}
    try:
        value = json_value(text)
    except DecodingError as error:
        raise InvalidValue(_("not JSON: {error}").format(error=error)) from None
    if not isinstance(value, dict):
        raise InvalidValue(_('must be a JSON object such as {"image": 5}'))
    if option.name == "limit-mm-per-prompt" and not all(_is_limit(limit) for limit in value.values()):
        raise InvalidValue(_('limits are whole numbers: {"image": 5, "video": 2}'))
    return value


def _is_limit(value: object) -> bool:
    if isinstance(value, dict):
        return _is_limit(value.get("count", 0))
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _read_path(_option: Option, text: str) -> Value:
    return str(expanded(text).absolute()) if text and "{" not in text else text


_READERS: dict[str, Callable[[Option, str], Value]] = {
    "int": _read_int,
    "length": _read_length,
    "size": _read_size,
    "number": _read_number,
    "share": _read_share,
    "flag": _read_flag,
    "choice": _read_choice,
    "json": _read_json,
    "path": _read_path,
}

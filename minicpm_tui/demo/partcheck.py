"""Checks one content part as vLLM's validation does, with its words for a part that fits none of the known kinds."""

from __future__ import annotations

from typing import Any

from minicpm_tui.demo.refusals import Refusal, bad

_PYDANTIC = "https://errors.pydantic.dev/2.14/v"
_UNIONS = (
    ("ChatCompletionContentPartTextParam", "text", "text", "str"),
    ("ChatCompletionContentPartImageParam", "image_url", "image_url", "dict"),
    ("ChatCompletionContentPartInputAudioParam", "input_audio", "input_audio", "dict"),
    ("File", "file", "file", "dict"),
)
_ADDRESSED = {"image_url": "ChatCompletionContentPartImageParam", "video_url": "ChatCompletionContentPartVideoParam"}
MEDIA_KINDS = {"image_url": "image", "video_url": "video", "image_pil": "image", "audio_url": "audio", "input_audio": "audio"}
"""Part types and the modality that they count for."""


def check_part(part: object, index: int) -> None:
    """Raises Refusal unless ``part`` (the ``index``-th of its message) is text, a picture, a video or sound."""
    if not isinstance(part, dict):
        raise _none_fits(part, index)
    kind = part.get("type")
    if kind == "text" and isinstance(part.get("text"), str):
        return
    if kind not in MEDIA_KINDS or kind == "text":
        raise _none_fits(part, index)
    if kind not in _ADDRESSED:
        return
    if kind not in part:
        if part.get("uuid"):
            raise bad("Missing 'type' field in multimodal part.", "type")
        raise _none_fits(part, index)
    _check_address(part, kind, index)


def _check_address(part: dict[str, Any], kind: str, index: int) -> None:
    address = part[kind]
    if part.get("uuid") and not address:
        return
    if not isinstance(address, dict):
        problem = _problem(kind, "Input should be a valid dictionary", "dict_type", address)
        raise Refusal(400, f"1 validation error for {_ADDRESSED[kind]}\n{problem}")
    if not isinstance(address.get("url"), str):
        raise _none_fits(part, index)


def _none_fits(part: object, index: int) -> Refusal:
    problems = [problem for union in _UNIONS for problem in _problems(part, index, *union)]
    plural = "" if len(problems) == 1 else "s"
    return Refusal(400, f"{len(problems)} validation error{plural} for ValidatorIterator\n" + "\n".join(problems))


def _problems(part: object, index: int, name: str, field: str, literal: str, holds: str) -> list[str]:
    where = f"{index}.{name}"
    if not isinstance(part, dict):
        return [_problem(where, "Input should be a valid dictionary", "dict_type", part)]
    problems = []
    if field not in part:
        problems.append(_problem(f"{where}.{field}", "Field required", "missing", part))
    elif holds == "str" and not isinstance(part[field], str):
        problems.append(_problem(f"{where}.{field}", "Input should be a valid string", "string_type", part[field]))
    elif holds == "dict" and field == "image_url":
        problems += _address_problems(f"{where}.{field}", part[field])
    if "type" not in part:
        problems.append(_problem(f"{where}.type", "Field required", "missing", part))
    elif part["type"] != literal:
        problems.append(_problem(f"{where}.type", f"Input should be '{literal}'", "literal_error", part["type"]))
    return problems


def _address_problems(where: str, address: object) -> list[str]:
    if not isinstance(address, dict):
        return [_problem(where, "Input should be a valid dictionary", "dict_type", address)]
    if "url" not in address:
        return [_problem(f"{where}.url", "Field required", "missing", address)]
    if not isinstance(address["url"], str):
        return [_problem(f"{where}.url", "Input should be a valid string", "string_type", address["url"])]
    return []


def _problem(where: str, message: str, kind: str, value: object) -> str:
    details = f"type={kind}, input_value={_short(value)}, input_type={type(value).__name__}"
    return f"{where}\n  {message} [{details}]\n    For further information visit {_PYDANTIC}/{kind}"


def _short(value: object) -> str:
    """As pydantic shortens: 25 characters from the front, 24 from the end."""
    text = repr(value)
    return text if len(text) <= 50 else f"{text[:25]}...{text[-24:]}"

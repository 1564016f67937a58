"""The arguments of ``vllm.LLM`` for a model and a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from minicpm_tui.decoding import DecodingError, json_value
from minicpm_tui.errors import UsageError
from minicpm_tui.families import Family, image_tokens, step
from minicpm_tui.i18n import _
from minicpm_tui.servers.presets import preset_options, with_step, without_media_cache

REPLY_TOKENS = 2048
TEMPERATURE, TOP_P, MAX_TOKENS = 0.7, 0.7, 1024
"""The guide's sampling for offline inference, where neither the user nor the family says otherwise."""
_COPIES = "data_parallel_size"


def engine_options(
    model: str, family: Family, pictures: int, chosen: Mapping[str, Any], version: str = "", *, once: bool = True
) -> dict[str, Any]:
    """Those of the preset ``mixed`` for this ``version`` of vLLM, with room for ``pictures`` in one request.

    With ``once`` each picture is asked about once, and vLLM keeps none of them: that costs more than it saves then
    (``docs/vllm-versions.md``). ``chosen`` ones win, but for the number of copies: see ``copies``.
    """
    options: dict[str, Any] = dict(preset_options("mixed", family, version))
    limits = options["limit-mm-per-prompt"]
    if pictures > limits["image"]:
        limits["image"] = pictures
        needed = REPLY_TOKENS + pictures * image_tokens(family, 1344, 1344)
        options["max-model-len"] = min(family.context, max(options["max-model-len"], needed))
    chosen = {name: value for name, value in chosen.items() if name != _COPIES}
    asked = {name.replace("_", "-"): value for name, value in chosen.items()}
    if once:
        options |= without_media_cache(version)
    options = with_step({**options, **asked}, asked, family, version)
    return {"model": model, **{name.replace("-", "_"): value for name, value in options.items()}, **chosen}


def copies(chosen: Mapping[str, Any]) -> int:
    """How many engines ``data_parallel_size`` asks for, 0 where it does not: ``LLM`` refuses it, each is a process of its own.

    Raises UsageError when it is no number of engines.
    """
    found = positive(chosen, _COPIES, 0)
    if _COPIES in chosen and not found:
        raise UsageError(_("“{text}” is not a number of engines").format(text=chosen[_COPIES]))
    return found


def positive(settings: Mapping[str, Any], name: str, default: int) -> int:
    """The setting of this name where it is a whole number above 0, else ``default``."""
    value = settings.get(name)
    return value if isinstance(value, int) and value > 0 else default


def safe_frames(engine: Mapping[str, Any], version: str) -> int | None:
    """The most frames of a video that this engine does not wait for for ever; None where any number is answered or refused."""
    if step.refuses_too_large(version):
        return None
    held = engine.get("max_num_batched_tokens")
    return step.frames_within(held if isinstance(held, int) else step.DEFAULT_STEP)


def read_chosen(settings: Iterable[str]) -> dict[str, Any]:
    """``max_model_len=4096``, ``limit_mm_per_prompt={"image": 5}``: names as vLLM has them, with ``-`` or ``_``.

    Raises UsageError for something without ``=``.
    """
    chosen: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip("-"):
            raise UsageError(_("“{text}” is not NAME=VALUE").format(text=setting))
        try:
            value = json_value(text)
        except DecodingError:
            value = {"True": True, "False": False, "None": None}.get(text, text)
        chosen[name.strip().lstrip("-").replace("-", "_")] = value
    return chosen

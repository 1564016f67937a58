"""Ready-made sets of options: for pictures, videos, both and batches, as the model's family needs them; and the user's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minicpm_tui import paths
from minicpm_tui.decoding import decode_toml
from minicpm_tui.errors import ConfigError, UsageError
from minicpm_tui.families import Family, as_served, image_tokens, step, video_tokens
from minicpm_tui.files import make_private_dir, write_durably
from minicpm_tui.i18n import N_, _
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.values import Value, tokens
from minicpm_tui.versions import at_least

BUILT_IN = {
    "pictures": N_("up to five pictures, and one video of 32 frames, in a conversation"),
    "videos": N_("up to three videos of 64 frames, one a second"),
    "mixed": N_("up to five pictures and two videos in a conversation"),
    "batch": N_("one picture or video in a request, many requests at once"),
}
_STEP = "max-num-batched-tokens"
_REPLY_TOKENS = 2048
_MANY_CPUS = 8
_MOST_API_SERVERS = 8
_PARTIAL_STEPS_SINCE = "0.9.0"  # before, a step of a multimodal model must hold a whole conversation (V0 engine)


def preset_options(name: str, family: Family, version: str = "", cpus: int | None = None) -> dict[str, Value]:
    """The options of a built-in preset for a family; numbers that belong together are computed together.

    A frame of at most 448² pixels is one slice, so that ``max-num-batched-tokens`` must hold 64 tokens of each: it also bounds
    the encoder cache (vLLM, ``core/encoder_cache_manager.py``). Raises KeyError for another name.
    """
    images, videos, frames = {"pictures": (5, 1, 32), "videos": (2, 3, 64), "mixed": (5, 2, 32), "batch": (1, 1, 32)}[name]
    frames = min(frames, family.max_frames)
    limits: dict[str, Any] = {"image": images}
    options: dict[str, Value] = {"limit-mm-per-prompt": limits}
    side = int(family.slicing.scale_resolution * family.slicing.max_slices**0.5)
    needed = _REPLY_TOKENS + images * image_tokens(family, side, side)
    if family.audio:
        limits["audio"] = 0  # nothing here sends any, and vLLM would make room for the longest
    if family.video:
        limits["video"] = videos
        needed += videos * video_tokens(family, frames, 448, 448)
        if frames != step.DEFAULT_FRAMES:
            options["media-io-kwargs"] = {"video": {"num_frames": frames, "fps": 1}}
            options[_STEP] = _power_of_two(video_tokens(family, frames, 448, 448), 4096)
    options["max-model-len"] = min(_power_of_two(needed, 4096), family.context)
    if family.trust_remote_code:
        options["trust-remote-code"] = True
    cpus = cpus or len(os.sched_getaffinity(0))
    if name == "batch":
        options |= _for_many(version, cpus)
    return options


def _for_many(version: str, cpus: int) -> dict[str, Value]:
    """What makes fresh pictures go fastest; ``docs/vllm-versions.md`` has the figures.

    Keeping each picture for another turn costs more than several processes gain, and a batch asks about most of them once. A bare
    uuid is refused then, and what it stands for is sent again.
    """
    options: dict[str, Value] = {}
    if cpus >= _MANY_CPUS and at_least(version, "0.9.1"):
        options["api-server-count"] = min(_MOST_API_SERVERS, cpus // 2)
    return options | without_media_cache(version)


def without_media_cache(version: str) -> dict[str, Value]:
    """For a vLLM of this ``version`` that is asked about each picture once; empty for one that has no such option."""
    return {"mm-processor-cache-gb": 0} if at_least(version, "0.10.1") else {}


def _power_of_two(needed: int, least: int) -> int:
    value = least
    while value < needed:
        value *= 2
    return value


def apply_preset(form: Form, family: Family, version: str = "", cpus: int | None = None) -> Form:
    """``form`` with the options of its preset where it sets none itself. Raises UsageError for an unknown preset."""
    own = saved()
    processing = form.options.get("mm-processor-kwargs") or (own[form.preset].options if form.preset in own else {}).get(
        "mm-processor-kwargs"
    )
    if isinstance(processing, dict):
        family = as_served(family, processing)
    if form.preset in own:
        base = own[form.preset]
        asked: dict[str, Value] = {**base.options, **form.options}
        ready_made = preset_options(_base(base.preset), family, version, cpus)
        options = with_step({**ready_made, **asked}, asked, family, version)
        return Form(form.model or base.model, options, form.gpus or base.gpus, form.extra or base.extra, form.preset)
    if form.preset not in BUILT_IN:
        names = ", ".join([*BUILT_IN, *own])
        raise UsageError(
            _("there is no preset {name}").format(name=form.preset), hint=_("available: {names}").format(names=names)
        )
    ready_made = preset_options(form.preset, family, version, cpus)
    options = with_step({**ready_made, **form.options}, form.options, family, version)
    return Form(form.model, options, form.gpus, form.extra, form.preset)


def with_step(options: dict[str, Value], asked: Mapping[str, Value], family: Family, version: str) -> dict[str, Value]:
    """``options`` with a step that holds every video they allow; what was ``asked`` for itself stays as it is."""
    if _STEP in asked:
        return options
    length = tokens(options.get("max-model-len"))
    if not at_least(version, _PARTIAL_STEPS_SINCE):
        return {**options, _STEP: length} if length else options
    needed = least_step(options, family, version)
    chosen = tokens(options.get(_STEP)) or 0
    return {**options, _STEP: _power_of_two(needed, 4096)} if needed > chosen else options


def least_step(options: Mapping[str, Value], family: Family, version: str) -> int:
    """Tokens that a step must have so that no video makes a vLLM before 0.16 wait for ever; 0 where that cannot happen."""
    limits = options.get("limit-mm-per-prompt")
    videos = limits.get("video", 1) if isinstance(limits, dict) else 1
    count = videos.get("count", 1) if isinstance(videos, dict) else videos
    if step.refuses_too_large(version) or not family.video or not count:
        return 0
    reading = options.get("media-io-kwargs")
    video = reading.get("video") if isinstance(reading, dict) else None
    frames = video.get("num_frames") if isinstance(video, dict) else None
    if not isinstance(frames, int):
        frames = step.DEFAULT_FRAMES
    return step.step_for(frames if frames > 0 else family.max_frames)


def _base(name: str) -> str:
    return name if name in BUILT_IN else "pictures"


def folder() -> Path:
    """Where the presets that the user saved lie."""
    return paths.config_dir() / "presets"


def saved() -> dict[str, Form]:
    """The user's own presets, by name: one TOML file each. Raises ConfigError for one that cannot be read."""
    found = {}
    for path in sorted(folder().glob("*.toml")):
        try:
            found[path.stem] = Form.from_dict(decode_toml(path.read_bytes()))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise ConfigError(f"{path}: {error}", hint=_("correct or remove this preset")) from error
    return found


def save(name: str, form: Form, *, overwrite: bool = False) -> Path:
    """Write a preset of the user's own, without secrets. Raises UsageError for a bad name, NameTaken, StorageError."""
    import tomlkit

    if not name.replace("-", "").replace("_", "").isalnum() or name in BUILT_IN:
        raise UsageError(name, hint=_("a preset's name consists of letters, digits and -, and must not be a built-in one"))
    path = make_private_dir(folder()) / f"{name}.toml"
    data: Mapping[str, Any] = {**form.to_dict(), "preset": _base(form.preset)}
    write_durably(path, tomlkit.dumps(data).encode(), overwrite=overwrite)
    return path

"""``--offline MODEL``: a batch without a server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.batch.output.summary import Summary
from minicpm_tui.batch.progress import say
from minicpm_tui.batch.run.look import look_through
from minicpm_tui.batch.run.requests import RequestMaker
from minicpm_tui.batch.run.start import Run, carry_out, named
from minicpm_tui.batch.vllm.engine import OfflineEngine
from minicpm_tui.batch.vllm.options import MAX_TOKENS, TEMPERATURE, TOP_P, copies, engine_options, safe_frames
from minicpm_tui.batch.vllm.placement import places
from minicpm_tui.batch.vllm.process import SCRIPTS
from minicpm_tui.batch.vllm.several import MOST_UNDER_WAY, SeveralEngines
from minicpm_tui.chat.preparer import Preparer
from minicpm_tui.errors import VllmMissing
from minicpm_tui.families import as_served, recognise, request_profile
from minicpm_tui.i18n import _
from minicpm_tui.media import MediaLimits
from minicpm_tui.messages import RequestOptions, RequestProfile
from minicpm_tui.paths import expanded
from minicpm_tui.sampling import SAMPLING
from minicpm_tui.servers import discovery, models

_OWN_CORES = 2  # vLLM's: one reads pictures, one drives the GPU


@dataclass(frozen=True)
class Offline:
    """The ``model`` (a folder or a hub id), arguments of ``vllm.LLM`` that the user chose, and where vLLM is.

    ``workers`` 0 means one on each GPU that has room, if there are requests for so many. ``ray`` is the address of a Ray cluster,
    empty for one of its own on this machine, None for no Ray; ``actors`` 0 means one for each GPU or tensor-parallel group.
    """

    model: str
    vllm_command: str = ""
    chosen: Mapping[str, Any] = field(default_factory=dict)
    workers: int = 0
    ray: str | None = None
    actors: int = 0


async def through_vllm(wanted: Run, offline: Offline) -> Summary:
    """Ask vLLM itself. Raises MinicpmTuiError before the first request, and when vLLM ends; what was answered is saved."""
    seen = await asyncio.to_thread(look_through, wanted.job)
    python, version = await asyncio.to_thread(interpreter, offline.vllm_command)
    folder = await asyncio.to_thread(_folder, offline.model)
    family = await asyncio.to_thread(recognise, offline.model, folder)
    profile = await asyncio.to_thread(request_profile, family, folder)
    options = _options(wanted.options, profile, offline.model)
    once = len(wanted.job.plan.prompts) < 2
    engine = engine_options(offline.model, family, seen.pictures, offline.chosen, version, once=once)
    settings = engine.get("mm_processor_kwargs")
    limits = MediaLimits(
        family=as_served(family, settings) if isinstance(settings, dict) else family,
        context_tokens_left=_media_room(engine),
        videos=_videos(engine),
        safe_frames=safe_frames(engine, version),
    )
    maker = RequestMaker(
        profile=profile,
        options=options,
        preparer=Preparer(limits),
        overrides=wanted.overrides,
        busy_cores=_OWN_CORES,
        defaults={**_sampling(options), "stop_token_ids": list(profile.stop_token_ids)},
    )
    thinking = bool(profile.thinks_by_default if options.thinking is None else options.thinking)

    tell = partial(say, wanted.console)

    def worker(script: str, order: Mapping[str, Any], environ: Mapping[str, str], most: int | None = None) -> OfflineEngine:
        return OfflineEngine(
            [str(python), str(SCRIPTS / script)],
            order,
            environ={**os.environ, **environ},
            say=tell,
            thinking=thinking,
            most=most,
        )

    asked = copies(offline.chosen)
    if offline.ray is not None:
        order = {"engine": engine, "address": offline.ray, "requests": len(seen.ids), "actors": offline.actors or asked}
        return await carry_out(wanted, seen, worker("ray_driver.py", order, {}), maker, offline.model)
    found = await asyncio.to_thread(places, offline.workers or asked, folder, family, engine, len(seen.ids), version)
    most = MOST_UNDER_WAY if len(found) > 1 else None
    workers = [worker("vllm_worker.py", {"engine": {**engine, **place.engine}}, place.environ, most) for place in found]
    if len(workers) == 1:
        return await carry_out(wanted, seen, workers[0], maker, offline.model)
    tell(_("{count} vLLM workers side by side").format(count=len(workers)))
    return await carry_out(wanted, seen, SeveralEngines(workers, tell), maker, offline.model)


def interpreter(vllm_command: str) -> tuple[Path, str]:
    """The Python that has vLLM (of the setting, the active environment, or PATH), and vLLM's version. Blocks.

    Raises VllmMissing.
    """
    found = discovery.require(vllm_command)
    python = discovery.interpreter(found.path)
    if python is None:
        raise VllmMissing(
            _("cannot tell which Python {path} runs").format(path=found.path),
            hint=_("set vllm_command in config.toml to the vllm script of its environment"),
        )
    return python, found.version


def _folder(model: str) -> Path | None:
    """Where it lies on this disk."""
    named = expanded(model)
    return named if named.is_dir() else models.cached_folder(model)


def _options(options: RequestOptions, profile: RequestProfile, model: str) -> RequestOptions:
    """Unset sampling is the family's, else the guide's: ``LLM`` itself would answer with 16 tokens."""
    return msgspec.structs.replace(
        named(options, model),
        temperature=_first(options.temperature, profile.temperature, TEMPERATURE),
        top_p=_first(options.top_p, profile.top_p, TOP_P),
        max_tokens=options.max_tokens or MAX_TOKENS,
    )


def _sampling(options: RequestOptions) -> dict[str, Any]:
    """What is set, for bodies that do not say it themselves; ``max_tokens`` has another name in some of them."""
    chosen = {name: getattr(options, name) for name in SAMPLING if name != "max_tokens"}
    return {name: value for name, value in chosen.items() if value is not None}


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _videos(engine: Mapping[str, Any]) -> int | None:
    limits = engine.get("limit_mm_per_prompt")
    count = limits.get("video") if isinstance(limits, dict) else None
    return count if isinstance(count, int) else None


def _media_room(engine: Mapping[str, Any]) -> int | None:
    """Three quarters of the context: the rest is for question and answer."""
    length = engine.get("max_model_len")
    return length * 3 // 4 if isinstance(length, int) else None

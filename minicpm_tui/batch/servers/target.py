"""The servers of a batch: who they are, which model they are asked for, and what is true of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from minicpm_tui.address import is_loopback
from minicpm_tui.backends.facts import ModelFacts, ServerFacts
from minicpm_tui.backends.probe import probe
from minicpm_tui.errors import (
    BackendError,
    ModelNotFound,
    ServerFailed,
    ServerOverloaded,
    ServerStalled,
    ServerUnreachable,
    UsageError,
)
from minicpm_tui.families import Family, as_served, recognise, request_profile
from minicpm_tui.i18n import _
from minicpm_tui.media import MediaLimits
from minicpm_tui.messages import RequestProfile
from minicpm_tui.servers.local import LocalServer


@dataclass(frozen=True)
class Address:
    """A server's root ``url``, the key it gets, and what is known of it when this program started it."""

    url: str
    key: str = field(default="", repr=False)
    server: LocalServer | None = None


@dataclass(frozen=True)
class Target:
    """What is asked. ``silent`` are those of ``addresses`` that did not answer yet, with the reason."""

    addresses: tuple[Address, ...]
    model: str
    family: Family
    profile: RequestProfile
    limits: MediaLimits
    uuids: bool
    silent: Mapping[str, BackendError] = field(default_factory=dict)

    @property
    def busy_cores(self) -> int:
        """Cores of this machine that the servers which this program started keep busy."""
        return sum(address.server.busy_processes for address in self.addresses if address.server is not None)


_MAY_COME_BACK = (ServerUnreachable, ServerOverloaded, ServerFailed, ServerStalled)


async def find_target(addresses: Sequence[Address], model: str) -> Target:
    """Ask all servers who they are; those that do not answer yet may come up later. Raises BackendError when none does, or
    one refuses us.

    Raises UsageError when they serve different models and ``model`` names none of them.
    """
    answers = await asyncio.gather(*(probe(address.url, address.key) for address in addresses), return_exceptions=True)
    found: list[ServerFacts] = []
    silent: dict[str, BackendError] = {}
    for address, answer in zip(addresses, answers, strict=True):
        if isinstance(answer, _MAY_COME_BACK):
            silent[address.url] = answer
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found.append(answer)
    if not found:
        raise next(iter(silent.values()))
    chosen = [_choose(facts, model) for facts in found]
    names = {facts.id for facts in chosen}
    if len(names) > 1:
        raise UsageError(
            _("the servers serve different models: {names}").format(names=", ".join(sorted(names))),
            hint=_("a batch asks one model: choose servers that serve the same one"),
        )
    return await asyncio.to_thread(_target, tuple(addresses), chosen[0], found, silent)


def _choose(facts: ServerFacts, model: str) -> ModelFacts:
    if (preferred := facts.preferred) is None:
        raise ModelNotFound(_("{url} serves no model").format(url=facts.url))
    if not model:
        return preferred
    chosen = facts.model(model)
    if chosen is None:
        served = ", ".join(one.id for one in facts.models)
        raise ModelNotFound(f"{facts.url}: {model}", hint=_("it serves {models}").format(models=served))
    return chosen


def _target(
    addresses: tuple[Address, ...], model: ModelFacts, found: Sequence[ServerFacts], silent: Mapping[str, BackendError]
) -> Target:
    here = any(is_loopback(facts.url) for facts in found)
    folder = Path(model.root) if here and model.root and Path(model.root).is_dir() else None
    family = recognise(model.root or model.id, folder)
    if family.generic:
        family = recognise(model.id, folder)
    ours = [address.server for address in addresses if address.server is not None]
    served = [as_served(family, server.json_option("mm-processor-kwargs")) for server in ours] or [family]
    steps = {address.url: address.server.step for address in addresses if address.server is not None}
    safe = [count for facts in found if (count := facts.most_frames(steps.get(facts.url))) is not None]
    limits = MediaLimits(
        family=min(served, key=lambda each: each.slicing.max_slices),
        num_frames=min((server.num_frames for server in ours if server.num_frames is not None), default=None),
        videos=min((server.limits["video"] for server in ours if "video" in server.limits), default=None),
        safe_frames=min(safe, default=None),
        pillow=all(facts.is_vllm for facts in found),
        context_tokens_left=model.max_model_len and model.max_model_len * 3 // 4,  # the rest for question and answer
    )
    return Target(
        addresses=addresses,
        model=model.id,
        family=family,
        profile=request_profile(family, folder),
        limits=limits,
        uuids=all(facts.takes_uuids for facts in found),
        silent=silent,
    )

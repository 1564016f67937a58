"""Which server is talked with, and everything a conversation needs to know of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from minicpm_tui.access import endpoint_of, remember
from minicpm_tui.address import credentials, is_loopback, normalise
from minicpm_tui.backends.base import Backend
from minicpm_tui.backends.facts import ModelFacts, ServerFacts
from minicpm_tui.backends.keys import choose_key, usable
from minicpm_tui.backends.memory import MediaMemory
from minicpm_tui.backends.openai import OpenAIBackend
from minicpm_tui.config import Config
from minicpm_tui.errors import ModelNotFound, ServerUnreachable, StorageError
from minicpm_tui.families import Family, as_served, recognise, request_profile, sliced
from minicpm_tui.i18n import _
from minicpm_tui.messages import RequestProfile
from minicpm_tui.servers.local import LocalServer, any_recorded

if TYPE_CHECKING:
    from minicpm_tui.demo.spawn import DemoProcess


@dataclass(frozen=True)
class Connection:
    """A server that answers, and one of its models.

    ``url`` is the root, ``model`` the name in requests, ``max_model_len`` the context in tokens where the server says it.
    ``base`` is the family by the settings of a server that this program started: ``server`` is set for such a one, ``ours``
    says so. ``memory`` holds what was learned of it. ``when_gone`` says what helps when it is gone, where that is known.
    """

    url: str
    key: str = field(repr=False)
    model: str
    base: Family
    profile: RequestProfile
    max_model_len: int | None
    backend: Backend
    facts: ServerFacts
    memory: MediaMemory
    server: LocalServer | None = None
    demo: DemoProcess | None = None
    when_gone: str = ""

    @property
    def ours(self) -> bool:
        """True for a server that this program started."""
        return self.server is not None

    @property
    def family(self) -> Family:
        """The model's family as this server cuts its pictures, as far as that is known."""
        learned = self.memory.slicing
        return self.base if learned is None else sliced(self.base, *learned)

    @property
    def limits(self) -> dict[str, int]:
        """How many of a kind (``image``, ``video``) fit one conversation, as far as that is known."""
        return {**self.memory.limits, **(self.server.limits if self.server else {})}

    @property
    def safe_frames(self) -> int | None:
        """The most frames of a video that do not make the server stop answering; None where any number is fine."""
        return self.facts.most_frames(self.server.step if self.server else None)

    async def aclose(self) -> None:
        """Give connections back; a demo server ends."""
        await self.backend.aclose()
        if self.demo is not None:
            await asyncio.to_thread(self.demo.stop)


@dataclass(frozen=True)
class Target:
    """What to connect to; empty ``model`` means the server's own, ``key`` is a key of ours for it.

    ``when_gone`` is as in ``Connection``.
    """

    url: str
    model: str = ""
    key: str = field(default="", repr=False)
    server: LocalServer | None = None
    when_gone: str = ""


async def connect(
    config: Config,
    *,
    target: Target | None = None,
    demo: bool = False,
    environ: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    sdk: bool = True,
) -> Connection:
    """Connect to ``target``, whose model goes before the settings', or as the settings say.

    That is ``--url`` or ``MINICPM_TUI_URL``, else the local server that is up, else the configured one; with ``demo`` a demo
    server, which ends with the connection. ``given`` are keys that the user typed, by root URL; they go before all others.
    ``sdk`` False is for a single question (see ``OpenAIBackend``).
    Raises BackendError when it does not answer or has not the model, UsageError and
    ConfigError for unusable settings, ServerUnreachable when there is none.
    """
    environ = os.environ if environ is None else environ
    if demo:
        return await _demo(config, sdk=sdk)
    if target is None:
        target = await asyncio.to_thread(choose, config)
    elif target.model:
        config = _with_model(config, target.model)
    remember(target.url, config.settings, environ)
    if typed := (given or {}).get(target.url):
        return await _connect(config, target, usable(typed), sdk=sdk)
    key = await asyncio.to_thread(choose_key, target.url, config.settings, environ, own_key=target.key)
    return await _connect(config, target, key, sdk=sdk)


async def _connect(config: Config, target: Target, key: str, demo: DemoProcess | None = None, *, sdk: bool) -> Connection:
    await asyncio.to_thread(import_module, "minicpm_tui.backends.probe")
    from minicpm_tui.backends.probe import probe

    facts = await probe(target.url, key)
    model = _model(facts, config, target)
    family, profile = await asyncio.to_thread(_family, model, target)
    backend = OpenAIBackend(facts, model.id, key, sdk=sdk, stall_seconds=config.settings.stall_seconds)
    await asyncio.to_thread(backend.memory.load)
    return Connection(
        url=facts.url,
        key=key,
        model=model.id,
        base=as_served(family, target.server.json_option("mm-processor-kwargs")) if target.server else family,
        profile=profile,
        max_model_len=model.max_model_len,
        backend=backend,
        facts=facts,
        memory=backend.memory,
        server=target.server,
        demo=demo,
        when_gone=target.when_gone,
    )


async def _demo(config: Config, *, sdk: bool) -> Connection:
    from minicpm_tui.demo.spawn import launch

    process = await asyncio.to_thread(launch)
    try:
        return await _connect(config, Target(process.url, process.model), process.key, process, sdk=sdk)
    except BaseException:
        process.stop()
        raise


def choose(config: Config) -> Target:
    """The server that the settings and this machine point at. Blocks. Raises UsageError, ServerUnreachable."""
    settings = config.settings
    if settings.url and config.origin("url") in {"flag", "environment"}:
        return at(settings.url)
    servers = _running()
    if servers and servers[0].state == "ready":
        return _ours(servers[0])
    if settings.url:
        return at(settings.url)
    if settings.servers:
        return Target(normalise(settings.servers[0].url), settings.servers[0].model)
    if servers and servers[0].state == "unresponsive":
        hint = _("stop it with minicpm-tui servers stop {id} and start it again; its log says more").format(id=servers[0].id)
        raise ServerUnreachable(servers[0].folder, title=_("The server does not answer any more"), hint=hint)
    if servers:
        hint = _("wait until it is ready: minicpm-tui servers logs {id} -f").format(id=servers[0].id)
        raise ServerUnreachable(servers[0].folder, title=_("The server is still loading"), hint=hint)
    hint = _("start one with minicpm-tui serve, give one with --url, or try --demo")
    raise ServerUnreachable(_("none is running here and none is configured"), title=_("No server"), hint=hint)


def at(address: str) -> Target:
    """The server at ``address``; one that this program started is known again. Blocks. Raises UsageError."""
    url = normalise(address)
    for server in _running() if is_loopback(url) else ():
        if _same_place(url, server.url):
            return Target(url, server.model, server.key, server)
    return Target(url, key=credentials(address))


def _running() -> list[LocalServer]:
    """Servers of ours; none where their folder cannot be used, which is no reason not to talk with another."""
    if not any_recorded():
        return []
    from minicpm_tui.servers import registry

    try:
        return registry.running()
    except StorageError:
        return []


def _with_model(config: Config, model: str) -> Config:
    settings = msgspec.structs.replace(config.settings, model=model)
    return msgspec.structs.replace(config, settings=settings, origins={**config.origins, "model": "flag"})


def _ours(server: LocalServer) -> Target:
    return Target(server.url, server.model, server.key, server)


def _same_place(one: str, other: str) -> bool:
    """True for two URLs of one server on this machine: localhost and 127.0.0.1 are the same."""
    first, second = urlsplit(one), urlsplit(other)
    return first.port == second.port and is_loopback(one) and is_loopback(other)


def _model(facts: ServerFacts, config: Config, target: Target) -> ModelFacts:
    """The user's choice when the server has it, else what the target or its entry names, else the server's MiniCPM or first."""
    if (preferred := facts.preferred) is None:
        raise ModelNotFound(facts.url, title=_("The server has no model"), hint=_("see its log"))
    endpoint = endpoint_of(facts.url, config.settings)
    wanted = config.settings.model
    if wanted and (found := facts.model(wanted)):
        return found
    if wanted and config.origin("model") != "file":
        names = ", ".join(model.id for model in facts.models[:5])
        raise ModelNotFound(wanted, hint=_("choose one with --model: {names}").format(names=names))
    named = target.model or (endpoint.model if endpoint else "")
    return (facts.model(named) if named else None) or preferred


def _family(model: ModelFacts, target: Target) -> tuple[Family, RequestProfile]:
    """Family and profile; a model folder is read only when the server runs on this machine."""
    folder = Path(model.root) if model.root and is_loopback(target.url) and Path(model.root).is_dir() else None
    family = recognise(model.root or model.id, folder)
    if family.generic:
        family = recognise(model.id, folder)
    return family, request_profile(family, folder)

"""From the panel's wish to a running server. Everything here blocks: for threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minicpm_tui import config
from minicpm_tui.errors import ModelMissing, ServerError, ServerNotFound
from minicpm_tui.servers import discovery, launch, plan, registry
from minicpm_tui.servers.doctor import Report, report
from minicpm_tui.servers.estimate import Estimate
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.local import LocalServer
from minicpm_tui.servers.options import OPTIONS
from minicpm_tui.servers.plan import Plan
from minicpm_tui.servers.values import Value
from minicpm_tui.servers.warmup import WarmUp


@dataclass(frozen=True)
class Surroundings:
    """What is here, and the servers of ours."""

    report: Report
    servers: list[LocalServer]


def look_around() -> Surroundings:
    """Raises ConfigError, StorageError."""
    return Surroundings(report(config.load().settings), registry.servers())


def prepare(form: Form) -> Plan:
    """What ``form`` means here. Raises VllmMissing and what ``plan.prepare`` raises."""
    prepared = plan.prepare(form, discovery.require(config.load().settings.vllm_command))
    prepared.require_files()
    return prepared


def draft(form: Form) -> Plan:
    """What a form that is still being filled in would start; a missing vLLM does not matter yet."""
    return plan.prepare(form, discovery.find(config.load().settings.vllm_command))


def estimate(prepared: Plan) -> Estimate | None:
    """None where nothing can be said: the model is not on disk, or its config says too little."""
    try:
        return prepared.estimate()
    except (ModelMissing, ServerError):
        return None


def start(prepared: Plan) -> LocalServer:
    """Raises what ``launch.start`` raises."""
    return launch.start(prepared.launch_plan())


def warm_up(server: LocalServer) -> WarmUp | None:
    """The first question for a server that has become ready; None where the settings want none. Raises ConfigError."""
    return WarmUp(server) if config.load().settings.warm_up else None


def stop(server_id: str) -> None:
    """Raises ServerError when a process does not end; a server that has gone is fine."""
    try:
        launch.stop(server_id)
    except ServerNotFound:
        return


def changed(server: LocalServer, changes: Mapping[str, Value | None]) -> Form:
    """The form that ``server`` was started with, changed; it keeps its secrets, and a proposed port is one that is free."""
    changes = dict(changes)
    port = changes.get("port")
    if isinstance(port, int):
        changes["port"] = launch.free_port(port)
    return with_secrets(Form.from_dict(server.form), server).with_options(changes)


def with_secrets(form: Form, server: LocalServer) -> Form:
    """``form`` with what is kept of ``server`` in its private state file alone: its key, its tokens."""
    record = registry.load(server.id)
    environment = record.environment if record else {}
    tokens = {name: environment[name] for name, option in OPTIONS.items() if option.kind == "secret" and name in environment}
    return form.with_options({"api-key": server.key, **tokens, **form.options})

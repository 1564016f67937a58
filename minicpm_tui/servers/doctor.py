"""What is here: Python, vLLM, GPUs, models, servers, and what stands in the way."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from minicpm_tui.access import remember
from minicpm_tui.address import credentials, normalise
from minicpm_tui.config import Settings
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.servers import argv, discovery, endpoints, gpus, models, survival
from minicpm_tui.servers.discovery import Vllm
from minicpm_tui.servers.gpus import Gpu
from minicpm_tui.servers.models import LocalModel
from minicpm_tui.versions import at_least


@dataclass(frozen=True)
class Problem:
    """Something that will get in the way, and what to do about it."""

    title: str
    hint: str = ""


@dataclass(frozen=True)
class Report:
    """What was found."""

    vllm: Vllm | None
    gpus: tuple[Gpu, ...]
    models: tuple[LocalModel, ...]
    servers: tuple[endpoints.Answering, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def install(self) -> str | None:
        """The line that installs or upgrades vLLM; None when that is not needed."""
        return None if self.vllm and self.vllm.ok else discovery.INSTALL

    def to_dict(self) -> dict[str, object]:
        """As ``doctor --json`` prints it."""
        found = self.vllm
        return {
            "python": platform.python_version(),
            "vllm": {
                "path": str(found.path),
                "version": found.version or None,
                "minimum": discovery.MINIMUM,
                "ok": found.ok,
            }
            if found
            else None,
            "install": self.install,
            "gpus": [gpu.to_dict() for gpu in self.gpus],
            "models": [
                {
                    "path": str(model.path),
                    "name": model.name,
                    "family": model.family.id,
                    "bytes": model.bytes,
                    "quantization": model.quantization or None,
                }
                for model in self.models
            ],
            "servers": [server.to_dict() for server in self.servers],
            "problems": [{"title": problem.title, "hint": problem.hint} for problem in self.problems],
        }


def report(settings: Settings, environ: Mapping[str, str] | None = None) -> Report:
    """Look around. Takes a second or more: not on the event loop."""
    environ = os.environ if environ is None else environ
    problems: list[Problem] = []
    found: Vllm | None = None
    try:
        found = discovery.find(settings.vllm_command, environ)
    except MinicpmTuiError as error:
        problems.append(Problem(f"{error.title}: {error.message}", error.hint))
    devices = gpus.gpus()
    on_disk = models.find(settings.model_folders, environ)
    try:
        servers = endpoints.answering(urls=_configured(settings, environ))
    except MinicpmTuiError as error:
        problems.append(Problem(f"{error.title}: {error.message}", error.hint))
        servers = []
    ours = any(server.ours for server in servers)
    problems += (
        _vllm_problems(found, problems) + _gpu_problems(devices, found, environ, ours=ours) + _model_problems(on_disk, found)
    )
    problems += [Problem(*warning) for warning in survival.warnings(environ)]
    return Report(found, tuple(devices), tuple(on_disk), tuple(servers), tuple(problems))


def _configured(settings: Settings, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Root URL and key of every server that the settings name, which is reached as they say from now on.

    Raises UsageError for what is no address, ConfigError for headers that cannot be sent.
    """
    named = [(settings.url, "")] if settings.url else []
    named += [(entry.url, entry.api_key or environ.get(entry.api_key_env, "")) for entry in settings.servers]
    found = [(normalise(url), key or credentials(url)) for url, key in named]
    for url, _key in found:
        remember(url, settings, environ)
    return found


def _vllm_problems(found: Vllm | None, known: list[Problem]) -> list[Problem]:
    if found is None:
        install = _("install it: {command}").format(command=discovery.INSTALL)
        return [] if known else [Problem(_("vLLM is not installed"), install)]
    if not found.version:
        return [Problem(_("{path} does not report its version").format(path=found.path), _("run it by hand to see its output"))]
    if not found.ok:
        title = _("vLLM {version} is too old").format(version=found.version)
        return [Problem(title, _("upgrade it: {command}").format(command=discovery.INSTALL))]
    if not at_least(found.version, "0.8.3"):
        return [
            Problem(
                _("vLLM {version} needs an extra package for videos").format(version=found.version), "pip install 'vllm[video]'"
            )
        ]
    return []


def _gpu_problems(devices: list[Gpu], found: Vllm | None, environ: Mapping[str, str], *, ours: bool) -> list[Problem]:
    if found and found.cpu:
        return []
    if not devices:
        return [Problem(_("no GPU is visible"), _("check nvidia-smi and the driver; a server elsewhere can be used by its URL"))]
    named = argv.visible_gpus(environ)
    if named and any(name.startswith("MIG-") for name in named):
        return []
    try:
        visible = gpus.select(devices, named)
    except LookupError as error:
        return [
            Problem(
                _("CUDA_VISIBLE_DEVICES names {gpu}, which does not exist").format(gpu=error.args[0]), _("correct or unset it")
            )
        ]
    if visible and not ours and all(gpu.memory_free < gpu.memory_total * 0.5 for gpu in visible):
        return [Problem(_("every GPU is more than half full"), _("stop other programs, or lower --gpu-memory-utilization"))]
    return []


def _model_problems(on_disk: list[LocalModel], found: Vllm | None) -> list[Problem]:
    problems = []
    if not on_disk:
        problems.append(
            Problem(_("no model on this disk"), _("use a folder, or an id such as openbmb/MiniCPM-V-4_5 to download it"))
        )
    for model in on_disk:
        if model.bytes and model.missing:
            lacks = _("{model} is an incomplete download").format(model=model.name)
            problems.append(Problem(lacks, _("{files}: copy or download the model again").format(files=", ".join(model.missing))))
        elif not model.complete:
            problems.append(Problem(_("{model} has no weights").format(model=model.name), _("download it again")))
        elif found and not at_least(found.version, model.family.vllm):
            title = _("{model} needs vLLM {version}").format(model=model.name, version=model.family.vllm)
            problems.append(Problem(title, _("upgrade it: {command}").format(command=f"pip install 'vllm>={model.family.vllm}'")))
    return problems


def python_line() -> str:
    """``3.12.3 (/usr/bin/python3)``"""
    return f"{platform.python_version()} ({Path(sys.executable)})"

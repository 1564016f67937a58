"""The command line of ``vllm serve`` for a form, as the installed version understands it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from minicpm_tui.i18n import _
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.options import OPTIONS, Option
from minicpm_tui.servers.values import Value, write
from minicpm_tui.versions import at_least

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000

_JSON_LIMITS_SINCE = "0.9.0"  # before: --limit-mm-per-prompt image=5,video=2
_NEGATABLE_SINCE = "0.9.0"  # argparse.BooleanOptionalAction: --no-enable-prefix-caching
_THREADS = "OMP_NUM_THREADS"
_ORDER = ("host", "port", "dtype", "max-model-len", "limit-mm-per-prompt", "trust-remote-code")


@dataclass(frozen=True)
class Command:
    """What is run: ``environment`` is what is added to the caller's own. ``key`` is kept apart from both, for it is secret.

    ``notes`` are sentences about options that this version of vLLM does not know and that were left out.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    host: str
    port: int
    model: str
    folder: str
    key: str = field(default="", repr=False)
    notes: tuple[str, ...] = ()

    def shell(self) -> str:
        """One line that a shell runs to the same effect, without the keys."""
        return shell_line(self.argv, self.environment)

    def to_dict(self) -> dict[str, object]:
        """``{argv env}`` with secrets as ``***``."""
        env = {name: "***" if _secret(name) else value for name, value in self.environment.items()}
        return {"argv": list(self.argv), "env": {**env, "VLLM_API_KEY": "***"}}


def build(
    form: Form,
    model: str,
    *,
    vllm: str = "vllm",
    version: str = "",
    defaults: Mapping[str, Value] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Command:
    """The command for ``form`` (with its preset applied) and ``model`` as vLLM is to be given it.

    ``defaults`` are options that are passed unless the form has others; host, port, length and limits always are. ``environ`` is
    the caller's environment, by default this process's.
    """
    options: dict[str, Value] = {"host": DEFAULT_HOST, "port": DEFAULT_PORT, **(defaults or {}), **form.options}
    key = str(options.pop("api-key", ""))
    if len(form.gpus) > 1 and not options.keys() & {"tensor-parallel-size", "pipeline-parallel-size", "data-parallel-size"}:
        options["tensor-parallel-size"] = len(form.gpus)
    argv = [vllm, "serve", model]
    notes: list[str] = []
    environment = gpu_environment(form.gpus)
    servers = OPTIONS["api-server-count"]
    if int(str(options.get(servers.name, 1))) > 1 and at_least(version, servers.since):
        environment |= one_thread(environ)
    for name in sorted(options, key=_rank):
        option, value = OPTIONS[name], options[name]
        if option.env:
            environment[name] = write(value)
        elif not at_least(version, option.since):
            notes.append(_("--{name} needs vLLM {since}: left out").format(name=name, since=option.since))
        else:
            argv += _words(option, value, version)
    return Command(
        argv=(*argv, *form.extra),
        environment=environment,
        host=str(options["host"]),
        port=int(str(options["port"])),
        model=str(options.get("served-model-name", "")).split(" ")[0] or model,
        folder=model,
        key=key,
        notes=tuple(notes),
    )


def shell_line(argv: Sequence[str], environment: Mapping[str, str]) -> str:
    """One line that a shell runs to the same effect; what is secret in ``environment`` is left out."""
    public = [f"{name}={shlex.quote(value)}" for name, value in environment.items() if not _secret(name)]
    return " ".join([*public, shlex.join(argv)])


def gpu_environment(gpus: Sequence[str]) -> dict[str, str]:
    """``CUDA_VISIBLE_DEVICES`` for these indices or UUIDs; indices mean NVML's order, which is that of the PCI bus."""
    if not gpus:
        return {}
    visible = {"CUDA_VISIBLE_DEVICES": ",".join(gpus)}
    return {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", **visible} if all(gpu.isdigit() for gpu in gpus) else visible


def one_thread(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """What keeps PyTorch in each of several processes to one thread; empty where ``environ`` says how many it is to have.

    Each takes a thread for every core else, and they wait for each other more than they compute: ``docs/vllm-versions.md`` has
    the figures. vLLM does so itself for one model's workers on several GPUs (``v1/executor/multiproc_executor.py``), not for its
    API servers.
    """
    return {} if _THREADS in (os.environ if environ is None else environ) else {_THREADS: "1"}


def _rank(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def _words(option: Option, value: Value, version: str) -> list[str]:
    flag = f"--{option.name}"
    if value is True:
        return [flag]
    if value is False:
        return [f"--no-{option.name}"] if at_least(version, _NEGATABLE_SINCE) else []
    if option.name == "limit-mm-per-prompt" and isinstance(value, dict) and not at_least(version, _JSON_LIMITS_SINCE):
        return [flag, ",".join(f"{kind}={_count(limit)}" for kind, limit in value.items())]
    if option.name in ("served-model-name", "allowed-media-domains"):
        return [flag, *str(value).split()]
    return [flag, write(value)]


def _count(limit: object) -> object:
    return limit.get("count", 1) if isinstance(limit, dict) else limit


def _secret(name: str) -> bool:
    return name == "VLLM_API_KEY" or (name in OPTIONS and OPTIONS[name].kind == "secret")


def visible_gpus(environ: Mapping[str, str] | None = None) -> tuple[str, ...] | None:
    """What the user's ``CUDA_VISIBLE_DEVICES`` names; None when it is not set."""
    text = (os.environ if environ is None else environ).get("CUDA_VISIBLE_DEVICES")
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())

"""From a form to what will be run: the model is looked for, the preset applied, the GPUs chosen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from minicpm_tui.errors import ModelMissing, ServerError, UsageError
from minicpm_tui.families import Family, recognise, step
from minicpm_tui.families.recognise import read_config
from minicpm_tui.i18n import _
from minicpm_tui.servers import argv, completeness, estimate, gpus, launch, models, presets
from minicpm_tui.servers.argv import Command
from minicpm_tui.servers.discovery import Vllm
from minicpm_tui.servers.estimate import Estimate
from minicpm_tui.servers.form import Form, locate_model
from minicpm_tui.servers.gpus import Gpu
from minicpm_tui.servers.launch import LaunchPlan
from minicpm_tui.servers.values import tokens
from minicpm_tui.versions import at_least


@dataclass(frozen=True)
class Plan:
    """A start that could happen. ``form`` has its preset applied; ``asked`` is the form as it was given; ``folder`` is None
    for a model that would be downloaded, ``incomplete`` what is to be said of one that lacks files; ``gpus`` are those
    that would be used, ``gpu_count`` is how many the machine has.
    """

    asked: Form
    form: Form
    command: Command
    family: Family
    folder: Path | None
    vllm: Vllm | None
    gpus: tuple[Gpu, ...]
    notes: tuple[str, ...]
    gpu_count: int = 0
    incomplete: ModelMissing | None = None

    def require_files(self) -> None:
        """Raises ModelMissing when the model's folder lacks files: a start would fail after minutes, in other words."""
        if self.incomplete is not None:
            raise self.incomplete

    def launch_plan(self) -> LaunchPlan:
        """What ``launch.start`` needs of it: command line, environment, address, key and the form as it was given."""
        command = self.command
        return LaunchPlan(
            argv=command.argv,
            host=command.host,
            port=command.port,
            model=command.model,
            folder=command.folder,
            environment=command.environment,
            key=command.key,
            form=self.asked.to_dict(),
            version=self.vllm.version if self.vllm else "",
        )

    def estimate(self) -> Estimate:
        """Whether it fits. Raises ModelMissing when the model is not on disk, ServerError when its config says too little."""
        if self.folder is None:
            raise ModelMissing(self.form.model, hint=_("it is not on this disk yet: an estimate needs its config.json"))
        try:
            device = estimate.devices(self.gpus, self.vllm, self.gpu_count)
            return estimate.estimate(self.form, self.folder, self.family, device, self.vllm.version if self.vllm else "")
        except ValueError as error:
            raise ServerError(
                f"{self.folder}: {error}", hint=_("this model cannot be estimated; starting it may work")
            ) from error


def prepare(form: Form, vllm: Vllm | None, environ: Mapping[str, str] | None = None, found: list[Gpu] | None = None) -> Plan:
    """Work out what ``form`` means here. Reads disks and asks the driver: not on the event loop.

    ``found``: the GPUs, when they are known already. Raises ModelMissing, UsageError, ConfigError.
    """
    environ = os.environ if environ is None else environ
    if not form.model:
        form = replace(form, model=only_model(environ))
    model, folder = locate_model(form.model)
    family = recognise(form.model, folder)
    version = vllm.version if vllm else ""
    applied = _within_context(presets.apply_preset(form, family, version), form, folder)
    devices = gpus.gpus() if found is None else found
    applied, chosen = _choose_gpus(applied, devices, environ)
    defaults = {} if "port" in form.options else {"port": launch.free_port(argv.DEFAULT_PORT)}
    command = argv.build(applied, model, vllm=str(vllm.path) if vllm else "vllm", version=version, defaults=defaults)
    notes = [*command.notes, *_version_notes(family, version), *_step_notes(applied, family, version)]
    notes += completeness.gguf_note(folder, vllm)
    lacks = completeness.incomplete(folder, family, applied)
    return Plan(form, applied, command, family, folder, vllm, tuple(chosen), tuple(notes), len(devices), lacks)


def only_model(environ: Mapping[str, str]) -> str:
    """The one model on this disk, for those who name none. Raises UsageError when there are none or several."""
    found = [model for model in models.find(environ=environ) if model.complete]
    if len(found) == 1:
        return str(found[0].path)
    if not found:
        raise UsageError(_("no model given"), hint=_("use a folder or an id such as openbmb/MiniCPM-V-4_5"))
    names = ", ".join(str(model.path) for model in found[:5])
    raise UsageError(_("no model given"), hint=_("there are several here: {models}").format(models=names))


def _within_context(applied: Form, asked: Form, folder: Path | None) -> Form:
    """A preset asks for no more tokens than the model was made for; a user's own number stays."""
    if "max-model-len" in asked.options or folder is None:
        return applied
    config = read_config(folder)
    text = config.get("text_config")
    longest = (text if isinstance(text, dict) else config).get("max_position_embeddings")
    wanted = tokens(applied.options.get("max-model-len"))
    if isinstance(longest, int) and wanted and wanted > longest > 0:
        return applied.with_options({"max-model-len": longest})
    return applied


def _choose_gpus(form: Form, devices: list[Gpu], environ: Mapping[str, str]) -> tuple[Form, list[Gpu]]:
    """The user's choice, else what CUDA_VISIBLE_DEVICES names, else the freest of several. Raises UsageError."""
    visible = argv.visible_gpus(environ)
    wanted = form.gpus or visible
    if wanted is not None:
        return form, _named(devices, wanted, strict=bool(form.gpus))
    sizes = (form.options.get(f"{kind}-parallel-size", 1) for kind in ("tensor", "pipeline", "data"))
    count = 1
    for size in sizes:
        count *= size if isinstance(size, int) else 1
    if len(devices) <= count:
        return form, devices
    chosen = gpus.freest(devices, count)
    return replace(form, gpus=tuple(str(gpu.index) for gpu in chosen)), chosen


def _named(devices: list[Gpu], wanted: tuple[str, ...], *, strict: bool) -> list[Gpu]:
    """The GPUs of those names. Parts of GPUs (MIG) and GPUs that NVML does not show are vLLM's to judge."""
    if not devices or any(name.startswith("MIG-") for name in wanted):
        return []
    try:
        return gpus.select(devices, wanted)
    except LookupError as error:
        if not strict:
            return []
        there = ", ".join(str(gpu.index) for gpu in devices)
        raise UsageError(
            _("there is no GPU {gpu}").format(gpu=error.args[0]), hint=_("available: {gpus}").format(gpus=there)
        ) from error


def _step_notes(form: Form, family: Family, version: str) -> list[str]:
    """What follows from a step of the user's own that is too small for a whole video on an old vLLM."""
    chosen = tokens(form.options.get("max-num-batched-tokens"))
    if chosen is None or chosen >= presets.least_step(form.options, family, version):
        return []
    words = _("this vLLM stops answering when a video has more frames than a step holds: at most {frames} are sent")
    return [words.format(frames=step.frames_within(chosen))]


def _version_notes(family: Family, version: str) -> list[str]:
    if version and not at_least(version, family.vllm):
        return [_("{family} needs vLLM {version}").format(family=family.title, version=family.vllm)]
    return []

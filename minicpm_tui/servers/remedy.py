"""What can be done about a failure, as changes of the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minicpm_tui.families import Family, by_id
from minicpm_tui.i18n import _
from minicpm_tui.servers.values import Value


@dataclass(frozen=True)
class Remedy:
    """One thing to try: ``set`` names options (``max-model-len``, ``model``, ``HF_HUB_OFFLINE``) and their new values.

    None takes an option away.
    """

    label: str
    set: Mapping[str, Value | None]

    def to_dict(self) -> dict[str, object]:
        """One entry of ``remedies`` in JSON."""
        return {"label": self.label, "set": dict(self.set)}


def longer(length: int) -> Remedy:
    """Serve conversations of ``length`` tokens."""
    return Remedy(_("--max-model-len {length}").format(length=length), {"max-model-len": length})


def utilization(share: float) -> Remedy:
    """Let vLLM use ``share`` of the GPU's memory, a fraction of one."""
    return Remedy(_("--gpu-memory-utilization {share}").format(share=share), {"gpu-memory-utilization": share})


def several_gpus(count: int) -> Remedy:
    """Spread each layer over ``count`` GPUs."""
    return Remedy(_("share the model among {count} GPUs").format(count=count), {"tensor-parallel-size": count})


def quantised(family: Family, room: int | None = None) -> list[Remedy]:
    """Smaller weights: the family's AWQ or GPTQ ones, which vLLM reads by itself, else its bitsandbytes ones and 4.5's AWQ.

    ``room``: bytes that they must fit in, by the family's published figure.
    """
    for method in ("-AWQ", "-GPTQ"):
        for model in family.quantised:
            if model.endswith(method):
                return [_serve(model)] if _fits(family, room) else []
    found = []
    for model in family.quantised:
        if model.endswith("-int4") and _fits(family, room):
            label = _("serve {model} instead (needs the vllm-bnb-plugin package)").format(model=model)
            found.append(Remedy(label, {"model": model, "quantization": None}))
    newer = by_id("minicpm-v-4.5")
    if not family.generic and _fits(newer, room):
        found.append(_serve("openbmb/MiniCPM-V-4_5-AWQ"))
    return found


def _serve(model: str) -> Remedy:
    return Remedy(_("serve {model} instead").format(model=model), {"model": model, "quantization": None})


def _fits(family: Family, room: int | None) -> bool:
    return room is None or family.memory_int4_gb is None or family.memory_int4_gb * 1e9 <= room

"""What helps against each of vLLM's failures, computed from the failure's own words and the server's arguments."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minicpm_tui.families import Family, generic
from minicpm_tui.i18n import N_, _
from minicpm_tui.servers import files, remedy
from minicpm_tui.servers.memory_share import memory_share
from minicpm_tui.servers.options import by_flag
from minicpm_tui.servers.remedy import Remedy


@dataclass(frozen=True)
class Context:
    """What the log said of its own start: the non-default arguments and the model's family."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    family: Family = field(default_factory=generic)


def _up(number: float, step: int) -> int:
    return math.ceil(number / step) * step


def _share(context: Context) -> float:
    return memory_share(context.arguments.get("gpu_memory_utilization"))


def change(label: str, **options: Any) -> list[Remedy]:
    """One remedy that sets ``options``, named with underscores for dashes; ``label`` is marked with ``N_``."""
    return [Remedy(_(label), {name.replace("_", "-"): value for name, value in options.items()})]


def no_room(_match: re.Match[str], context: Context) -> list[Remedy]:
    """The weights do not fit: smaller ones, or two GPUs."""
    return [*remedy.quantised(context.family), remedy.several_gpus(2)]


def more_cache(_match: re.Match[str], context: Context) -> list[Remedy]:
    """Nothing is left for the KV cache: a larger share of the GPU, fewer requests at once, smaller steps."""
    found = []
    if (share := _share(context)) < 0.95:
        found.append(remedy.utilization(0.95 if share > 0.9 else round(share + 0.05, 2)))
    sequences = context.arguments.get("max_num_seqs")
    if not isinstance(sequences, int) or sequences > 16:
        found += change(N_("--max-num-seqs 16: fewer requests at once"), max_num_seqs=16)
    batched = context.arguments.get("max_num_batched_tokens")
    if isinstance(batched, int) and batched > 2048:
        found += change(N_("--max-num-batched-tokens 2048: smaller steps"), max_num_batched_tokens=2048)
    return found


def less_cache(_match: re.Match[str], context: Context) -> list[Remedy]:
    """The KV cache fills its share of the memory, however many GPUs there are: what runs beside it must need less."""
    found = []
    sequences = context.arguments.get("max_num_seqs")
    if not isinstance(sequences, int) or sequences > 16:
        found += change(N_("--max-num-seqs 16: fewer requests at once"), max_num_seqs=16)
    return [*found, remedy.utilization(round(_share(context) - 0.05, 2))]


def again(_match: re.Match[str], _context: Context) -> list[Remedy]:
    """The start itself was right: only start it once more."""
    return [Remedy(_("start it again"), {})]


def dividing_size(match: re.Match[str], _context: Context) -> list[Remedy]:
    """The largest smaller number of GPUs that divides the attention heads."""
    heads, size = int(match["heads"]), int(match["size"])
    fitting = (count for count in (64, 32, 16, 8, 4, 2, 1) if count < size and heads % count == 0)
    return [_shared_among(count) for count in fitting][:1]


def proposed_length(match: re.Match[str], context: Context) -> list[Remedy]:
    """The context length in tokens that vLLM itself says would fit, and a larger share of the GPU."""
    found = [remedy.longer(int(match["length"]))] if match["length"] and int(match["length"]) > 0 else []
    if (share := _share(context)) < 0.95:
        found.append(remedy.utilization(0.95 if share > 0.9 else round(share + 0.05, 2)))
    return found


def busy(match: re.Match[str], _context: Context) -> list[Remedy]:
    """The share of the GPU that is free now, 2 % below it; nothing where that is less than 5 %."""
    share = math.floor((float(match["free"]) / float(match["total"]) - 0.02) * 100) / 100
    return [remedy.utilization(share)] if share > 0.05 else []


def next_port(_match: re.Match[str], context: Context) -> list[Remedy]:
    """The port after the one that is taken."""
    port = context.arguments.get("port", 8000)
    return [Remedy(_("use port {port}").format(port=port + 1), {"port": port + 1})] if isinstance(port, int) else []


def more_media(match: re.Match[str], context: Context) -> list[Remedy]:
    """Twice the pictures or videos that a prompt may hold, one at least; nothing for a video to a model that knows none."""
    limits = context.arguments.get("limit_mm_per_prompt")
    kind, limit = match["kind"], int(match["limit"])
    if limit == 0 and kind == "video" and not context.family.video:
        return []
    wanted = {**(limits if isinstance(limits, dict) else {}), kind: max(1, 2 * limit)}
    label = _("--limit-mm-per-prompt: {kind} limit {count}").format(count=max(1, 2 * limit), kind=kind)
    return [Remedy(label, {"limit-mm-per-prompt": wanted})]


def longer_than(match: re.Match[str], context: Context) -> list[Remedy]:
    """A context for the tokens that were sent and 1,024 more, where the model was trained for that."""
    needed = _up(int(match["needed"]) + 1024, 1024)
    return [remedy.longer(needed)] if needed <= context.family.context else []


def prompt_and_reply(match: re.Match[str], context: Context) -> list[Remedy]:
    """A context for the prompt and the reply that was asked for with it; none where only the characters are known."""
    if match["unit"] == "characters":
        return []
    reply = int(match["reply"] or match["completion"] or 0)
    needed = _up(int(match["count"]) + max(reply, 1024), 1024)
    return [remedy.longer(needed)] if needed <= context.family.context else []


def larger_step(match: re.Match[str], _context: Context) -> list[Remedy]:
    """A step (``--max-num-batched-tokens``) that takes the tokens of the largest item."""
    needed = _up(int(match["needed"]), 1024)
    return [Remedy(_("--max-num-batched-tokens {count}").format(count=needed), {"max-num-batched-tokens": needed})]


def fewer_gpus(match: re.Match[str], _context: Context) -> list[Remedy]:
    """As many GPUs as vLLM counted."""
    count = int(match["gpus"]) if match["gpus"] else 1
    return [_shared_among(count)] if count else []


def _shared_among(gpus: int) -> Remedy:
    label = _("--tensor-parallel-size {count}").format(count=gpus)
    return Remedy(label, {"tensor-parallel-size": gpus, "pipeline-parallel-size": None})


def derived_length(match: re.Match[str], _context: Context) -> list[Remedy]:
    """The context length in tokens that the model's configuration gives."""
    return [remedy.longer(int(match["length"]))]


def without_option(match: re.Match[str], _context: Context) -> list[Remedy]:
    """The command line without the option that this vLLM does not know."""
    option = by_flag(match["flag"])
    return [Remedy(_("remove {option}").format(option=match["flag"]), {option.name: None})] if option else []


def other_hub(match: re.Match[str], _context: Context) -> list[Remedy]:
    """A hub that may be reached: the mirror or ModelScope; or online again, where vLLM was told to stay offline."""
    if "outgoing traffic" in match[0]:
        return [Remedy(_("allow access to the hub: HF_HUB_OFFLINE=0"), {"HF_HUB_OFFLINE": False})]
    return [
        Remedy(_("download from the mirror hf-mirror.com"), {"HF_ENDPOINT": "https://hf-mirror.com"}),
        Remedy(_("download from ModelScope"), {"VLLM_USE_MODELSCOPE": True}),
    ]


def home_folder(_match: re.Match[str], _context: Context) -> list[Remedy]:
    """Requests may name files below the user's home folder."""
    home = str(Path.home())
    return [Remedy(_("let requests refer to files in {folder}").format(folder=home), {"allowed-local-media-path": home})]


def module(match: re.Match[str], _context: Context) -> list[Remedy]:
    """A start that does without the missing module, where vLLM can."""
    if match["module"] == "flashinfer":
        return [Remedy(_("sample without flashinfer"), {"VLLM_USE_FLASHINFER_SAMPLER": "0"})]
    return []


_PACKAGES = {
    "PIL": "pillow",
    "bitsandbytes": "vllm-bnb-plugin",
    "cv2": "opencv-python-headless",
    "flash_attn": "flash-attn",
    "flashinfer": "flashinfer-python",
    "gguf": "vllm[extra-quant]",
    "intel_extension_for_pytorch": "intel-extension-for-pytorch",
    "soundfile": "vllm[audio]",
    "librosa": "vllm[audio]",
}
"""What is installed for a module that has another name on the package index."""


def package(match: re.Match[str], _context: Context) -> str:
    """The line that installs the package of a module that is missing."""
    name = match["module"].partition(".")[0]
    line = f"pip install '{_PACKAGES.get(name, name)}'"
    return _("install it into vLLM's environment: {command}").format(command=line)


def missing_files(_match: re.Match[str], context: Context) -> str:
    """Which files the model's folder lacks, where it lies on this machine."""
    folder = Path(str(context.arguments.get("model_tag") or context.arguments.get("model") or ""))
    missing = files.missing(folder) if folder.is_absolute() and folder.is_dir() else ()
    if missing:
        return _("{files}: copy or download the model again").format(files=", ".join(missing))
    return _("preprocessor_config.json or the tokenizer's files may be missing: copy or download the model again")

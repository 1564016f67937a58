"""The size of a model from its ``config.json`` and its weight files: bytes of weights, bytes of KV cache for each token."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minicpm_tui.decoding import json_object
from minicpm_tui.servers.models import quantization_of, weight_bytes

_WIDTHS = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "BOOL": 1,
}
_HEADER_LIMIT = 100_000_000


@dataclass(frozen=True)
class Shape:
    """``weights`` and ``kv_per_token`` in bytes for the whole model; ``context`` in tokens, 0 where the config is silent.

    ``rough`` marks models with layers that keep no plain KV cache (linear attention), whose state is not counted.
    """

    weights: int
    kv_per_token: int
    context: int
    vocabulary: int
    intermediate: int
    rough: bool = False
    quantised: bool = False


def measure(config: Mapping[str, Any], folder: Path | None = None, *, kv_dtype: str = "auto", dtype: str = "auto") -> Shape:
    """Read what a server of this model will hold. Raises ValueError when the config does not describe a transformer."""
    try:
        return _measure(config, folder, kv_dtype, dtype)
    except KeyError as error:
        raise ValueError(f"config.json has no {error}") from error
    except (TypeError, ArithmeticError) as error:
        raise ValueError(f"config.json: {error}") from error


def _measure(config: Mapping[str, Any], folder: Path | None, kv_dtype: str, dtype: str) -> Shape:
    text = _text_config(config)
    hidden, layers, heads = int(text["hidden_size"]), int(text["num_hidden_layers"]), int(text["num_attention_heads"])
    kv_heads = int(text.get("num_key_value_heads") or heads)
    head = int(text.get("head_dim") or hidden // heads)
    full = _full_attention_layers(text, layers)
    kv_width = 1 if kv_dtype.startswith("fp8") else 4 if dtype in ("float", "float32") else 2
    weights = _weights_of_files(folder, dtype) if folder else 0
    return Shape(
        weights=weights or 2 * _parameters(config, text, hidden, layers, heads * head, kv_heads * head),
        kv_per_token=2 * full * kv_heads * head * kv_width,
        context=int(text.get("max_position_embeddings") or 0),
        vocabulary=int(text.get("vocab_size") or 0),
        intermediate=int(text.get("intermediate_size") or 4 * hidden),
        rough=full != layers,
        quantised=bool(quantization_of(config)),
    )


def _text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in ("text_config", "llm_config"):
        if isinstance(part := config.get(name), dict):
            return part
    return config


def _full_attention_layers(text: Mapping[str, Any], layers: int) -> int:
    types = text.get("layer_types")
    if isinstance(types, list) and types:
        return sum(1 for kind in types if kind in ("full_attention", "attention", "sliding_attention"))
    interval = text.get("full_attention_interval")
    return layers // interval if isinstance(interval, int) and interval > 0 else layers


def _parameters(
    config: Mapping[str, Any], text: Mapping[str, Any], hidden: int, layers: int, query_width: int, kv_width: int
) -> int:
    """Parameters of the language model, the vision tower and the resampler between them."""
    attention = 2 * hidden * query_width + 2 * hidden * kv_width
    tied = bool(text.get("tie_word_embeddings", config.get("tie_word_embeddings", False)))
    embeddings = int(text.get("vocab_size") or 0) * hidden * (1 if tied else 2)
    language = layers * (attention + _feed_forward(text, hidden) + 2 * hidden) + embeddings
    return language + _vision(config, hidden)


def _feed_forward(text: Mapping[str, Any], hidden: int) -> int:
    experts = text.get("num_experts")
    if isinstance(experts, int) and experts:
        shared = int(text.get("shared_expert_intermediate_size") or 0)
        return 3 * hidden * (experts * int(text.get("moe_intermediate_size") or 0) + shared) + experts * hidden
    return 3 * hidden * int(text.get("intermediate_size") or 4 * hidden)


def _vision(config: Mapping[str, Any], hidden: int) -> int:
    vision = config.get("vision_config")
    if not isinstance(vision, dict):
        return 0
    width = int(vision.get("hidden_size") or 1152)
    inner = int(vision.get("intermediate_size") or 4304)
    patch = int(vision.get("patch_size") or 14)
    positions = (int(vision.get("image_size") or 980) // patch) ** 2
    tower = int(vision.get("num_hidden_layers") or 27) * (4 * width * width + 2 * width * inner)
    resampler = 5 * hidden * hidden + width * hidden
    return tower + positions * width + 3 * patch * patch * width + resampler


def _weights_of_files(folder: Path, dtype: str) -> int:
    """Bytes that the safetensors files take on the GPU: 32-bit tensors are loaded as 16-bit ones unless asked otherwise."""
    keep = dtype in ("float", "float32")
    total = 0
    with contextlib.suppress(OSError):
        for path in folder.glob("*.safetensors"):
            total += _tensor_bytes(path, keep)
    if total:
        return total
    return weight_bytes(folder)


def _tensor_bytes(path: Path, keep: bool) -> int:
    """From the header (https://huggingface.co/docs/safetensors#format); the file's size where that cannot be read."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json_object(file.read(length)) if length <= _HEADER_LIMIT else {}
        total = 0
        for name, tensor in header.items():
            if name != "__metadata__":
                start, end = tensor["data_offsets"]
                width = _WIDTHS.get(tensor["dtype"], 2)
                total += (end - start) * (2 if width == 4 and tensor["dtype"] == "F32" and not keep else width) // width
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
        return path.stat().st_size
    return total

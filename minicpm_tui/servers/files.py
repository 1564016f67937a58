"""Which files of a model folder are missing: a download may have stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minicpm_tui.families.recognise import read_config, read_json

_INDEX_LIMIT = 64_000_000
_PROCESSOR = ("preprocessor_config.json", "processor_config.json")
_TOKENIZER = ("tokenizer.json", "tokenizer.model", "vocab.json")


def missing(folder: Path, *, tokenizer: bool = True, weights: bool = True) -> tuple[str, ...]:
    """Names of files that vLLM will look for in ``folder`` and not find; empty where nothing is known to be missing.

    Without ``tokenizer`` or ``weights`` those are not asked for, because they come from elsewhere. vLLM itself only says that the
    processor has another type (seen on 0.32). A folder of GGUF files without a config is judged elsewhere. Reads small files.
    """
    config = read_config(folder)
    return tuple(_missing(folder, config, tokenizer=tokenizer, weights=weights)) if config else ()


def _missing(folder: Path, config: dict[str, Any], *, tokenizer: bool, weights: bool) -> Iterator[str]:
    preprocessor = next((folder / name for name in _PROCESSOR if (folder / name).is_file()), None)
    if preprocessor is None:
        yield _PROCESSOR[0]
    if tokenizer and not any((folder / name).is_file() for name in _TOKENIZER):
        yield _TOKENIZER[0]
    coded = [config, read_json(preprocessor, _INDEX_LIMIT) if preprocessor else {}]
    modules = {name for part in coded for name in _code(part.get("auto_map"))}
    yield from sorted(name for name in modules if not (folder / name).is_file())
    if weights:
        yield from _weights(folder)


def _code(auto_map: object) -> Iterator[str]:
    """Files of the model's own code; a class of another repository (``owner/name--module.Class``) lies elsewhere."""
    for value in auto_map.values() if isinstance(auto_map, dict) else ():
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and "--" not in name and "." in name:
                yield f"{name.partition('.')[0]}.py"


def _weights(folder: Path) -> Iterator[str]:
    """Shards that the index names, or the weights as a whole."""
    named = read_json(folder / "model.safetensors.index.json", _INDEX_LIMIT).get("weight_map")
    if isinstance(named, dict):
        yield from sorted(str(name) for name in set(named.values()) if not (folder / str(name)).is_file())
        return
    with contextlib.suppress(OSError):
        if not any(next(folder.glob(pattern), None) for pattern in ("*.safetensors", "*.bin", "*.pt", "*.gguf")):
            yield "model.safetensors"

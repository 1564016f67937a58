"""Models on this disk: the caches of Hugging Face and ModelScope, the folders of the configuration, and a path typed by hand."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minicpm_tui.families import Family, recognise
from minicpm_tui.families.recognise import read_config
from minicpm_tui.paths import expanded
from minicpm_tui.servers import files

_WEIGHTS = (".safetensors", ".bin", ".pt", ".gguf")
_DEPTH = 3


@dataclass(frozen=True)
class LocalModel:
    """A model folder. ``name`` is its hub id where it lies in a cache, else the folder's name; ``bytes`` counts its weights.

    ``missing`` names files that vLLM will look for in vain. ``quantization`` is ``awq``, ``gptq``, ``bitsandbytes``, ``gguf``, …
    and empty for full weights.
    """

    path: Path
    name: str
    family: Family
    bytes: int
    quantization: str
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether there are weights at all: a download may have stopped."""
        return self.bytes > 0 and not self.missing


def inspect(folder: Path, name: str = "") -> LocalModel | None:
    """What lies in a folder; None when it is no model. Reads small files only."""
    config = read_config(folder)
    gguf = [] if config else sorted(folder.glob("*.gguf"))
    if not config and not gguf:
        return None
    family = recognise(name or str(folder), folder)
    return LocalModel(
        path=folder,
        name=name or folder.name,
        family=family,
        bytes=weight_bytes(folder),
        quantization="gguf" if gguf else quantization_of(config),
        missing=() if family.generic else files.missing(folder),
    )


def quantization_of(config: Mapping[str, Any]) -> str:
    """The method in ``quantization_config``, also where it stands in the language model's part; empty for full weights."""
    for part in (config, config.get("text_config"), config.get("llm_config")):
        found = part.get("quantization_config") if isinstance(part, dict) or part is config else None
        if isinstance(found, dict):
            return str(found.get("quant_method") or ("bitsandbytes" if found.get("load_in_4bit") else "quantised"))
    return ""


def weight_bytes(folder: Path) -> int:
    """Bytes of the weight files; the safetensors alone where there are such."""
    sizes: dict[str, int] = {}
    with contextlib.suppress(OSError):
        for entry in folder.iterdir():
            suffix = entry.suffix
            if suffix in _WEIGHTS and entry.is_file():
                sizes[suffix] = sizes.get(suffix, 0) + entry.stat().st_size
    return sizes.get(".safetensors") or sum(sizes.values())


def find(folders: Iterable[str] = (), environ: Mapping[str, str] | None = None) -> list[LocalModel]:
    """All multimodal MiniCPM models of the caches, and whatever model lies in the configured folders; by name.

    Walks folders: not on the event loop.
    """
    environ = os.environ if environ is None else environ
    found: dict[Path, LocalModel] = {}
    for path, name in _cached(environ):
        model = inspect(path, name)
        if model and not model.family.generic:
            found[path.resolve()] = model
    for text in folders:
        for path in _walk(expanded(text), _DEPTH):
            if model := inspect(path):
                found.setdefault(path.resolve(), model)
    return sorted(found.values(), key=lambda model: model.name.lower())


def cached_folder(repo: str, environ: Mapping[str, str] | None = None) -> Path | None:
    """Where a hub id lies in a cache; None when it would be downloaded."""
    environ = os.environ if environ is None else environ
    return next((path for path, name in _cached(environ) if name.lower() == repo.lower()), None)


def from_modelscope(folder: Path, environ: Mapping[str, str] | None = None) -> bool:
    """Whether ``folder`` lies in ModelScope's cache, where vLLM looks for an id only with ``VLLM_USE_MODELSCOPE``."""
    return folder.is_relative_to(modelscope_cache(os.environ if environ is None else environ))


def hub_cache(environ: Mapping[str, str]) -> Path:
    """https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables"""
    if named := environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE"):
        return expanded(named)
    cache = expanded(environ.get("XDG_CACHE_HOME") or "~/.cache")
    return expanded(environ.get("HF_HOME") or cache / "huggingface") / "hub"


def modelscope_cache(environ: Mapping[str, str]) -> Path:
    """Where ModelScope keeps models: ``MODELSCOPE_CACHE``, else its folder in the home folder."""
    return expanded(environ.get("MODELSCOPE_CACHE") or "~/.cache/modelscope/hub")


def _cached(environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Model folders in the caches with their ids."""
    with contextlib.suppress(OSError):
        for entry in sorted(hub_cache(environ).glob("models--*")):
            name = entry.name.removeprefix("models--").replace("--", "/")
            if snapshot := _snapshot(entry):
                yield snapshot, name
    root = modelscope_cache(environ)
    for base in (root / "models", root):
        with contextlib.suppress(OSError):
            for entry in sorted(base.glob("*/*/config.json")):
                # ModelScope writes dots in names as three underscores.
                yield entry.parent, f"{entry.parent.parent.name}/{entry.parent.name.replace('___', '.')}"


def _snapshot(entry: Path) -> Path | None:
    """The snapshot of ``refs/main``, else the newest one."""
    with contextlib.suppress(OSError):
        main = entry / "snapshots" / (entry / "refs" / "main").read_text().strip()
        if main.is_dir() and main.parent.name == "snapshots":
            return main
    with contextlib.suppress(OSError):
        snapshots = [path for path in (entry / "snapshots").iterdir() if path.is_dir()]
        return max(snapshots, key=lambda path: path.stat().st_mtime, default=None)
    return None


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """``folder`` and those below it that hold a model."""
    with contextlib.suppress(OSError):
        if (folder / "config.json").is_file() or next(folder.glob("*.gguf"), None):
            yield folder
        elif depth:
            for entry in sorted(folder.iterdir()):
                if entry.is_dir() and not entry.name.startswith("."):
                    yield from _walk(entry, depth - 1)

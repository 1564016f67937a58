"""Which family a model belongs to, from its id, its served name or its folder."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

from minicpm_tui.decoding import json_object
from minicpm_tui.families.catalogue import by_id, families, generic
from minicpm_tui.families.family import Family

_NAME = re.compile(
    r"minicpm[-_. ]*(?:llama3[-_. ]*)?(?P<kind>ocr|vl|[vo])[-_. :]*"
    r"(?P<version>\d(?:[._]\d|[- ]\d(?![\d.]|[-_ ]?b)|\d)?)(?!\d)"  # 2_6, 4.5, 4-5, 26, 4; but 4-4.1B and 4-8bit are a 4
    r"(?P<rest>[^/\\]*)",
    re.IGNORECASE,
)
_OLLAMA = re.compile(r"minicpm-v:8b", re.IGNORECASE)
"""Ollama's name for 2.6, by its size (https://ollama.com/library/minicpm-v)."""
_CONFIG_LIMIT = 4_000_000
_THINKING = re.compile(r"enable_thinking\s*(?:=|\|\s*default\()\s*(true|false)", re.IGNORECASE)


def recognise(model: str, folder: Path | None = None) -> Family:
    """The family of ``model``: a Hugging Face or ModelScope id, a served name, or the path of a folder; quantised ones too.

    ``folder`` is the model's folder where it is known and readable; its ``config.json`` is believed before any name. Without it
    ``model`` itself is tried as a folder. Names that say nothing give the generic family.
    """
    config = read_config(folder or Path(model))
    if config and (family := _by_config(config, f"{folder or ''}/{model}", folder or Path(model))):
        return family
    return _by_name(model) or (_by_name(str(folder)) if folder else None) or generic()


def strangeness(name: str) -> int:
    """How far a model of that name is from what this program is for.

    0 is a known family, 1 a MiniCPM-V or -o, 2 another MiniCPM, 3 all else.
    """
    if _by_name(name):
        return 0
    if _NAME.search(name):
        return 1
    return 2 if "minicpm" in name.lower() else 3


def read_config(folder: Path) -> dict[str, Any]:
    """``config.json`` of a model folder; empty when there is none that can be read."""
    return read_json(folder / "config.json", _CONFIG_LIMIT)


def read_json(path: Path, limit: int) -> dict[str, Any]:
    """The object in a JSON file of at most ``limit`` bytes; empty when it is absent, larger, or something else."""
    try:
        if not path.is_file() or path.stat().st_size > limit:
            return {}
        return json_object(path.read_bytes(), limit=limit)
    except (OSError, ValueError):
        return {}


def _by_name(name: str) -> Family | None:
    matches = list(_NAME.finditer(name))
    if not matches:
        return None
    if _OLLAMA.search(name):
        return by_id("minicpm-v-2.6")
    match = matches[-1]
    version = ".".join(digit for digit in match["version"] if digit.isdigit()).removesuffix(".0")
    kind = {"vl": "v"}.get(match["kind"].lower(), match["kind"].lower())
    return _known(kind, version, match["rest"].lower())


def _known(kind: str, version: str, rest: str) -> Family | None:
    """The family of that kind (v, o) and version; ``rest`` of the name tells sizes and checkpoints apart."""
    if kind == "v" and version == "2.5":
        return by_id("minicpm-llama3-v-2.5")
    if kind == "ocr":
        return by_id("minicpm-ocr-1.0") if version == "1" else None
    if kind == "v" and version == "4.6" and "thinking" in rest:
        return by_id("minicpm-v-4.6-thinking")
    if kind == "v" and version == "4.7":
        return by_id("minicpm-v-4.7-35b-a3b" if "35b" in rest or "a3b" in rest else "minicpm-v-4.7-1b")
    if kind == "o" and version == "4":  # there is no other of that generation
        version = "4.5"
    wanted = f"minicpm-{kind}-{version}"
    return next((family for family in families() if family.id == wanted), None)


def thinks_by_template(folder: Path) -> bool | None:
    """Whether the chat template in a model's folder thinks unless ``enable_thinking`` says otherwise; None where none tells."""
    with contextlib.suppress(OSError, ValueError):
        path = folder / "chat_template.jinja"
        if path.is_file() and path.stat().st_size <= _CONFIG_LIMIT:
            return _default_of(path.read_text(encoding="utf-8"))
    for name in ("chat_template.json", "tokenizer_config.json"):
        template = read_json(folder / name, _CONFIG_LIMIT).get("chat_template")
        if isinstance(template, str):
            return _default_of(template)
    return None


def _default_of(template: str) -> bool | None:
    """``{% set enable_thinking = true %}`` where it is not defined, or ``enable_thinking | default(true)``."""
    match = _THINKING.search(template)
    return match[1].lower() == "true" if match else None


def _by_config(config: dict[str, Any], name: str, folder: Path) -> Family | None:
    kind = str(config.get("model_type", "")).lower()
    if kind == "minicpmv4_6":
        thinks = thinks_by_template(folder)
        thinks = "thinking" in name.lower() if thinks is None else thinks
        return by_id("minicpm-v-4.6-thinking" if thinks else "minicpm-v-4.6")
    if kind == "minicpm_ocr":
        return by_id("minicpm-ocr-1.0")
    if kind == "minicpmv4_7":
        text = config.get("text_config")
        mixture = isinstance(text, dict) and (text.get("num_experts") or "moe" in str(text.get("model_type", "")))
        return by_id("minicpm-v-4.7-35b-a3b" if mixture else "minicpm-v-4.7-1b")
    if kind not in {"minicpmv", "minicpmo"}:
        return None
    version = str(config.get("version") or "")
    if not version:  # vLLM's get_version_by_config: 2.0 (hidden size 2304) and 2.5 do not say; its minicpmo takes that for 2.6
        if kind == "minicpmo":
            return by_id("minicpm-o-2.6")
        return by_id("minicpm-llama3-v-2.5") if config.get("query_num") == 96 or config.get("hidden_size") == 4096 else None
    return _known("o" if kind == "minicpmo" else "v", version.removesuffix(".0"), "")

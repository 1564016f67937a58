"""Whether a model's folder has all that vLLM will look for, before minutes of loading show that it has not."""

from __future__ import annotations

from pathlib import Path

from minicpm_tui.errors import ModelMissing
from minicpm_tui.families import Family
from minicpm_tui.i18n import _
from minicpm_tui.servers import discovery, files
from minicpm_tui.servers.discovery import Vllm
from minicpm_tui.servers.form import Form

GGUF_INSTALL = "pip install 'vllm[extra-quant]'"
_ELSEWHERE = ("--tokenizer", "--skip-tokenizer-init", "--hf-config-path", "--load-format", "--model-loader-extra-config")


def incomplete(folder: Path | None, family: Family, form: Form) -> ModelMissing | None:
    """What to raise for a folder that lacks files; None where nothing is known to be missing.

    Only the files of families in the catalogue are known. Reads small files.
    """
    if folder is None or any(word.partition("=")[0].replace("_", "-") in _ELSEWHERE for word in form.extra):
        return None
    if is_bare_gguf(folder):
        words = _("{folder} has GGUF weights without config.json, tokenizer and preprocessor_config.json")
        hint = _("copy these files of {model} beside them, and have GGUF in vLLM: {command}")
        model = family.ids[0] if family.ids else _("the model that they were made from")
        return ModelMissing(words.format(folder=folder), hint=hint.format(model=model, command=GGUF_INSTALL))
    if family.generic:
        return None
    weights = form.options.get("load-format") != "dummy"
    lacking = files.missing(folder, tokenizer="tokenizer" not in form.options, weights=weights)
    if not lacking:
        return None
    names = ", ".join(lacking[:6]) + (" …" if len(lacking) > 6 else "")
    return ModelMissing(
        _("{folder} has no {files}").format(folder=folder, files=names),
        title=_("The model is an incomplete download"),
        hint=_("copy or download the model again"),
    )


def is_bare_gguf(folder: Path) -> bool:
    """Whether a folder holds GGUF files and no config."""
    return not (folder / "config.json").exists() and next(folder.glob("*.gguf"), None) is not None


def gguf_note(folder: Path | None, vllm: Vllm | None) -> list[str]:
    """What to install before this vLLM reads a folder of GGUF weights (0.33 has it no more without an extra)."""
    if folder is None or vllm is None or next(folder.glob("*.gguf"), None) is None:
        return []
    if next(folder.glob("*.safetensors"), None) or discovery.has_package(vllm.path, "gguf"):
        return []
    return [_("this vLLM reads no GGUF: {command}").format(command=GGUF_INSTALL)]

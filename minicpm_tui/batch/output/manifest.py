"""What an output was made with, kept beside it (``OUT.jsonl.batch``), so that ``--resume`` goes on with the same."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.decoding import DecodingError
from minicpm_tui.errors import UsageError
from minicpm_tui.exact_json import decode_exactly, encode_exactly
from minicpm_tui.files import storage_errors, write_durably
from minicpm_tui.i18n import _
from minicpm_tui.paths import expanded

FORMAT = "minicpm-tui-batch"
_SHOWN = 60
_OPTIONS = {"around": "--prefix, --suffix"}
"""What a user knows a field as."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that changes the answers. ``inputs`` may grow between runs."""

    format: str = FORMAT
    version: int = 1
    model: str = ""
    prompts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    system: str = ""
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    thinking: bool | None = None
    schema: str = ""
    expect: str = ""
    around: tuple[str, str] = ("", "")
    inputs: tuple[str, ...] = ()


def manifest_path(output: Path) -> Path:
    """Where the manifest of ``output`` is, or would be."""
    return output.with_name(output.name + ".batch")


def save(output: Path, manifest: Manifest) -> None:
    """Write it durably beside ``output``. Raises StorageError."""
    write_durably(manifest_path(output), encode_exactly(manifest) + b"\n", mode=0o644)


def load(output: Path) -> Manifest | None:
    """The one beside ``output``, None when there is none or it is not readable as one. Raises StorageError."""
    path = manifest_path(output)
    if not path.exists():
        return None
    with storage_errors(path):
        data = path.read_bytes()
    try:
        found = decode_exactly(data, Manifest)
    except DecodingError:
        return None
    return found if found.format == FORMAT else None


def demand_same(output: Path, manifest: Manifest) -> None:
    """Raises UsageError when ``output`` was made with another prompt, model, option or input, naming what differs."""
    before = load(output)
    if before is None:
        raise UsageError(
            _("{path}: cannot tell which settings it was made with ({manifest} is missing)").format(
                path=output, manifest=manifest_path(output).name
            ),
            hint=_("--overwrite starts over"),
        )
    for field in Manifest.__struct_fields__:
        old, new = getattr(before, field), getattr(manifest, field)
        if field != "inputs" and old != new:
            raise UsageError(
                _("{path} was made with {field} {old}, but now it is {new}").format(
                    path=output, field=_OPTIONS.get(field, field), old=_shown(old), new=_shown(new)
                ),
                hint=_("use the same value, or --overwrite to start over"),
            )
    _demand_same_inputs(output, before.inputs, manifest.inputs)


def _demand_same_inputs(output: Path, before: Sequence[str], now: Sequence[str]) -> None:
    """Inputs may be added, left out, gone by now, or lie in a folder that is given now; but what was not there before does not
    take the place of what still is."""
    old, new = ({os.path.realpath(expanded(name)): name for name in names} for names in (before, now))
    added = [name for place, name in new.items() if place not in old]
    gone = [place for place, name in old.items() if not (Path(place).exists() or glob.has_magic(name))]
    left = [name for place, name in old.items() if place not in gone and not any(map(Path(place).is_relative_to, new))]
    if added and left:
        raise UsageError(
            _("{path} was made from {old}, but now the input is {new}").format(path=output, old=left[0], new=added[0]),
            hint=_("give both to go on with both, choose another file for the answers, or --overwrite to start over"),
        )


def schema_digest(text: bytes) -> str:
    """What a manifest keeps of a schema's file ``text``: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text).hexdigest()[:16]


def _shown(value: Any) -> str:
    text = encode_exactly(value).decode()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

"""What an output was made with, kept beside it (``OUT.jsonl.batch``), so that ``--resume`` goes on with the same."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.decoding import DecodingError
from minicpm_tui.errors import UsageError
from minicpm_tui.exact_json import decode_exactly, encode_exactly
from minicpm_tui.files import storage_errors, write_durably
from minicpm_tui.i18n import _

FORMAT = "minicpm-tui-batch"
_SHOWN = 60


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that changes the answers. ``inputs`` are remembered for the screen; they may grow between runs."""

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
    """Raises UsageError when ``output`` was made with another prompt, model or option, naming what differs."""
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
                    path=output, field=field, old=_shown(old), new=_shown(new)
                ),
                hint=_("use the same value, or --overwrite to start over"),
            )


def schema_digest(text: bytes) -> str:
    """What a manifest keeps of a schema's file ``text``: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(text).hexdigest()[:16]


def _shown(value: Any) -> str:
    text = encode_exactly(value).decode()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

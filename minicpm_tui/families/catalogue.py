"""The families that are known, read from ``catalogue.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from minicpm_tui.families.family import Family

_FILE = Path(__file__).with_name("catalogue.toml")


class _Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    family: tuple[Family, ...]


@cache
def families() -> tuple[Family, ...]:
    """All of them, oldest first, the generic one last."""
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), _Catalogue).family


@cache
def by_id(family_id: str) -> Family:
    """The family of that id (``minicpm-v-4.5``). Raises KeyError."""
    for family in families():
        if family.id == family_id:
            return family
    raise KeyError(family_id)


def generic() -> Family:
    """The stand-in for models that are not in the catalogue."""
    return by_id("generic")

"""What can be chosen of an export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Options:
    """``cast_version``: of asciicast, which formats it concerns."""

    cast_version: Literal[2, 3] = 2

"""What can be chosen of an export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Options:
    """``cast_version``: of asciicast. ``with_paths``: a journal says where files lay and which server answered."""

    cast_version: Literal[2, 3] = 2
    with_paths: bool = False

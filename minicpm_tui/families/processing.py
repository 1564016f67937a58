"""What a server's processor settings (``--mm-processor-kwargs``) make of a family.

The settings stand at the top, or apart for pictures and videos in ``images_kwargs`` and ``videos_kwargs``, which go first
(transformers, ``processing_utils.py``). ``downsample_mode`` is MiniCPM-V 4.6's and later: a token for 56² pixels, or with ``4x``
for 28².
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from minicpm_tui.families.family import Family

_TOKEN_SIDES = {"4x": 28, "16x": 56}


def as_served(family: Family, kwargs: Mapping[str, Any]) -> Family:
    """``family`` as a server with these settings cuts and counts its pictures and videos."""
    pictures, videos = _part(kwargs, "images_kwargs"), _part(kwargs, "videos_kwargs")
    mode = pictures.get("downsample_mode")
    side = _TOKEN_SIDES.get(mode) if isinstance(mode, str) and not family.slicing.query_tokens else None
    served = sliced(family, _count(pictures), side)
    frame_slices = _count(videos)
    if frame_slices is None or family.frame_slices == 1:
        return served  # those that never cut frames take the setting for pictures alone
    return msgspec.structs.replace(served, frame_slices=frame_slices)


def sliced(family: Family, max_slices: int | None, token_side: int | None = None) -> Family:
    """``family`` with another number of slices, or of pixels for a token; None leaves what it has."""
    slicing = family.slicing
    changed = msgspec.structs.replace(
        slicing,
        max_slices=slicing.max_slices if max_slices is None else max_slices,
        token_side=token_side or slicing.token_side,
    )
    return msgspec.structs.replace(family, slicing=changed)


def _part(kwargs: Mapping[str, Any], name: str) -> dict[str, Any]:
    own = kwargs.get(name)
    return {**kwargs, **(own if isinstance(own, dict) else {})}


def _count(kwargs: Mapping[str, Any]) -> int | None:
    count = kwargs.get("max_slice_nums")
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else None

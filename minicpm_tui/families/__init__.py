"""Model families: recognising one, and computing slices, tokens, stop ids and sampling from its facts. Pure, but for the model
folder that a caller names."""

from minicpm_tui.families.catalogue import by_id, families, generic
from minicpm_tui.families.family import Family, Slicing, Thinking
from minicpm_tui.families.processing import as_served, sliced
from minicpm_tui.families.profile import request_profile, stop_ids
from minicpm_tui.families.recognise import recognise
from minicpm_tui.families.slices import Grid, Size, frame_size, grid, kept_size
from minicpm_tui.families.tokens import image_tokens, video_tokens

__all__ = [
    "Family",
    "Grid",
    "Size",
    "Slicing",
    "Thinking",
    "as_served",
    "by_id",
    "families",
    "frame_size",
    "generic",
    "grid",
    "image_tokens",
    "kept_size",
    "recognise",
    "request_profile",
    "sliced",
    "stop_ids",
    "video_tokens",
]

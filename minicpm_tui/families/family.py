"""What is true of one model family: the facts of ``catalogue.toml`` as a type."""

from __future__ import annotations

from typing import Literal

import msgspec

Thinking = Literal["none", "flag", "default"]
"""``none``: no switch. ``flag``: ``enable_thinking`` turns it on. ``default``: it thinks unless ``enable_thinking`` is false."""


class Slicing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the model's image processor cuts a picture.

    A picture larger than ``scale_resolution``² pixels becomes an overview and up to ``max_slices`` slices, each of about that
    area, with sides that are multiples of ``align`` pixels. A slice costs ``query_tokens`` tokens, or where that is 0 one
    token for each ``token_side``² pixels. ``image_id``: a picture is preceded by its number (three tokens). ``nested``: all
    slices stand in one pair of slice marks (MiniCPM-Llama3-V 2.5).
    """

    scale_resolution: int = 448
    max_slices: int = 9
    align: int = 14
    query_tokens: int = 64
    token_side: int = 56
    image_id: bool = True
    nested: bool = False


class Family(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A family of models and how to ask it.

    ``context`` is in tokens; ``memory_gb`` and ``memory_int4_gb`` are the published GPU memory for full and 4-bit weights.
    ``max_frames`` is the family's own limit for a video at one frame a second, ``frame_slices`` how many slices the server would
    cut a larger frame into (1: none), ``video_id`` whether a video is preceded by its number. ``stop_tokens`` are the strings
    behind ``stop_token_ids``. ``vllm`` is the first version that runs it. ``audio``: the model
    also hears.
    ``generic`` marks the stand-in for models that are not in the catalogue.
    """

    id: str
    title: str
    ids: tuple[str, ...] = ()
    quantised: tuple[str, ...] = ()
    parameters: str = ""
    context: int = 32768
    stop_token_ids: tuple[int, ...] = ()
    stop_tokens: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    slicing: Slicing = Slicing()
    video: bool = True
    max_frames: int = 64
    frame_slices: int = 1
    video_id: bool = False
    thinking: Thinking = "none"
    trust_remote_code: bool = False
    vllm: str = "0.7.1"
    audio: bool = False
    memory_gb: float | None = None
    memory_int4_gb: float | None = None
    placeholders: tuple[str, ...] = ()
    generic: bool = False

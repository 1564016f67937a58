"""What one step of vLLM's engine must hold, so that a video is answered.

Before 0.16 an item that is larger than a step (``--max-num-batched-tokens``) is never scheduled: the server stops answering
whatever it is asked, ``/health`` included. Up to 0.12 a frame is charged 66 tokens (seen on 0.8.5, 0.10.2 and 0.11.2), in 0.14
64. Since 0.16 such a request is refused (vLLM, ``v1/core/sched/scheduler.py`` and ``v1/core/encoder_cache_manager.py``).
"""

from __future__ import annotations

from minicpm_tui.versions import at_least

DEFAULT_STEP = 2048
"""Tokens of a step on a GPU of less than 70 GiB, and on a processor."""
DEFAULT_FRAMES = 32
"""Frames that vLLM reads of a video unless ``--media-io-kwargs`` says otherwise."""
FRAME_TOKENS = 66
_REFUSED_SINCE = "0.16.0"


def refuses_too_large(version: str) -> bool:
    """Whether this vLLM refuses an item that no step holds, instead of waiting for ever; an unknown version does."""
    return at_least(version, _REFUSED_SINCE)


def step_for(frames: int) -> int:
    """Tokens that a step must have for a video of so many frames."""
    return FRAME_TOKENS * frames


def frames_within(step: int) -> int:
    """The most frames of one video that a step of so many tokens surely holds, with the room of one frame to spare."""
    return max(1, step // FRAME_TOKENS - 1)

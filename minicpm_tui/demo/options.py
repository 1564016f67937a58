"""What the demo server is like and what it does wrong on request."""

from __future__ import annotations

from typing import Literal

import msgspec

DEMO_MODEL = "demo/MiniCPM-V-4_5-demo"
"""It takes the requests of MiniCPM-V 4.5 (picture budget, stop ids, thinking switch); its name says that it is none."""

Thinking = Literal["reasoning", "tags", "stray", "never"]


class Faults(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes wrong, for tests. ``…_after`` counts deltas of the reply; None means never.

    - ``unavailable``: that many chat requests are answered 503 before one succeeds; ``status``: every one with this status.
    - ``drop_after`` closes the connection, ``stall_after`` falls silent, ``error_after`` sends vLLM's mid-stream error chunk,
      ``nonsense_after`` a data line that is no JSON; ``no_done`` ends without ``[DONE]``.
    - ``comments`` puts SSE comment lines between the chunks (``--sse-keep-alive-interval``), ``content_type`` replaces a reply's.
    - ``not_an_api`` answers everything as a web site would.
    - ``no_video_uuid``: vLLM 0.25's 500 for a video named by uuid alone; ``forget_media``: every bare uuid misses.
    - ``no_stop_ids``: any ``stop_token_ids`` gets the out-of-vocabulary 400.
    - ``content_filter`` ends every reply with that finish reason; ``refuse`` sends it as the model's refusal.
    - ``drops_media``: pictures and videos are taken and not shown to the model, as of a text model.
    - ``most_bytes``: a larger request is refused with 413, as gateways do.
    - ``engine_dead``: ``/health`` 503 and every chat request 500, as after an engine's crash.
    """

    unavailable: int = 0
    status: int | None = None
    drop_after: int | None = None
    stall_after: int | None = None
    error_after: int | None = None
    nonsense_after: int | None = None
    no_done: bool = False
    comments: bool = False
    content_type: str | None = None
    not_an_api: bool = False
    no_video_uuid: bool = False
    forget_media: bool = False
    no_stop_ids: bool = False
    content_filter: bool = False
    refuse: bool = False
    drops_media: bool = False
    most_bytes: int | None = None
    engine_dead: bool = False


class DemoOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A demo server's settings; those that vLLM has too are named as there.

    ``tokens_per_second`` 0 means as fast as it goes; ``first_token_seconds`` passes before the first delta. ``images`` and
    ``videos`` are ``--limit-mm-per-prompt``, ``cache_items`` how many pictures and videos the media cache holds. ``reply`` is
    streamed as it is instead of an answer. ``thinking`` says how the reasoning of a thinking request arrives: as ``reasoning``
    deltas, in ``<think>`` tags, with a stray ``</think>``, or not. ``max_chars_per_token`` is the longest token of the
    vocabulary, which bounds a prompt before it is counted.
    """

    model: str = DEMO_MODEL
    root: str = ""
    api_key: str = ""
    version: str = "0.32.0"
    max_model_len: int = 32768
    vocabulary: int = 151748
    max_chars_per_token: int = 128
    images: int = 999
    videos: int = 999
    num_frames: int = 32
    cache_items: int = 256
    max_num_seqs: int = 256
    allowed_local_media_path: str = ""
    tokens_per_second: float = 60.0
    first_token_seconds: float = 0.0
    prompt_tokens_details: bool = False
    thinking: Thinking = "reasoning"
    reply: str | None = None
    faults: Faults = Faults()

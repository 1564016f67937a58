"""vLLM's words for why it refused one request while it goes on answering others.

Sources: vLLM's own messages of 0.7 to 0.33 and recorded logs.
"""

from __future__ import annotations

from minicpm_tui.i18n import N_, _
from minicpm_tui.servers import fixes
from minicpm_tui.servers.remedy import Remedy
from minicpm_tui.servers.rule import Rule, rule
from minicpm_tui.vllm_words import TOO_LONG

REQUEST_RULES: tuple[Rule, ...] = (
    rule(
        "too_many_media",
        N_("More pictures or videos than the server takes in one conversation"),
        r"At most (?P<limit>\d+) (?P<kind>image|video|audio)\(s\) may be provided",
        fixes.more_media,
        scope="request",
    ),
    rule(
        "prompt_too_long",
        N_("The conversation is longer than the server's context"),
        r"prompt \((?:total )?length (?P<needed>\d+)\) is (?:longer than the maximum|too long to fit into the) model",
        fixes.longer_than,
        N_("send fewer pictures or frames, or a shorter conversation"),
        "request",
    ),
    rule(
        "prompt_too_long",
        N_("The conversation is longer than the server's context"),
        TOO_LONG,
        fixes.prompt_and_reply,
        N_("send fewer pictures or frames, or a shorter conversation"),
        "request",
    ),
    rule(
        "reply_too_long",
        N_("The requested reply is longer than the server's context"),
        r"max_tokens=(?P<needed>\d+) cannot be greater than max_model_len",
        fixes.longer_than,
        N_("lower max_tokens"),
        "request",
    ),
    rule(
        "encoder_cache",
        N_("A video is larger than the encoder cache"),
        r"item with (?:length )?(?P<needed>\d+)(?: embedding tokens)?, which exceeds the pre-allocated encoder cache size",
        fixes.larger_step,
        N_("or send fewer frames"),
        "request",
    ),
    rule(
        "media_too_large",
        N_("A video is too large to decode"),
        r"exceeds VLLM_MAX_MEDIA_REQUEST_DECODE_BYTES",
        lambda _match, _context: [Remedy(_("read 16 frames of each video"), {"media-io-kwargs": {"video": {"num_frames": 16}}})],
        N_("send smaller pictures or frames"),
        "request",
    ),
    rule(
        "request_kwargs",
        N_("Requests may not set media options"),
        r"Per-request (?:mm_processor|media_io)_kwargs are disabled",
        lambda _match, _context: fixes.change(N_("--trust-request-mm-kwargs"), trust_request_mm_kwargs=True),
        scope="request",
    ),
    rule(
        "local_files",
        N_("The server may not read local files"),
        r"Cannot load local files without",
        fixes.home_folder,
        scope="request",
    ),
)

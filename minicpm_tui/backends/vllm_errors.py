"""vLLM's own words for what can go wrong, and what we say instead.

The fragments are those of vLLM 0.8 to 0.33 (``vllm/entrypoints``, ``vllm/renderers``, ``vllm/multimodal``); most of them were
seen on running servers. Those about the context are also SGLang's and llama.cpp's (``server-context.cpp``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from minicpm_tui import errors
from minicpm_tui.i18n import N_, _
from minicpm_tui.vllm_words import TOO_LONG

Match = re.Match[str]
Maker = Callable[[Match, str], errors.BackendError]
"""Makes the error of the match and of the server's whole message."""
Rules = tuple[tuple[str, Maker], ...]


def _context(match: Match, _said: str) -> errors.BackendError:
    numbers = match.groupdict()
    reply = int(numbers.get("reply") or numbers.get("completion") or 0)
    if numbers.get("unit") == "characters":
        words = _("it has {count} characters, the model takes {limit} tokens")
    elif reply and int(numbers["count"]) <= int(numbers["limit"]):
        words = _("it has {count} tokens and asks for a reply of {reply}, the model takes {limit} in all")
    elif numbers.get("least"):
        words = _("it has at least {count} tokens, the model takes {limit}")
    else:
        words = _("it has {count} tokens, the model takes {limit}")
    words = words.format(**{**numbers, "reply": reply})
    return errors.ContextExceeded(words, hint=_context_hint())


def _reply_room(match: Match, _said: str) -> errors.BackendError:
    words = _("a reply of {count} tokens was requested, the model takes {limit} in all").format(**match.groupdict())
    return errors.ContextExceeded(words, hint=_("lower --max-tokens"))


def _context_alone(match: Match, _said: str) -> errors.BackendError:
    words = _("the model takes {limit} tokens").format(limit=match["limit"])
    return errors.ContextExceeded(words, hint=_context_hint())


def _context_hint() -> str:
    return _("send fewer or smaller pictures or frames, begin a new chat, or start the server with a larger --max-model-len")


def _too_many(match: Match, said: str) -> errors.BackendError:
    limit, kind = int(match[1]), match[2]
    if kind == "audio":
        return errors.TooManyMedia(said)
    if limit == 0:
        what = _("this server takes no videos") if kind == "video" else _("this server takes no pictures")
        return errors.TooManyMedia(what, hint=_("use another model, or start the server without that limit"))
    what = _("it takes {limit} videos") if kind == "video" else _("it takes {limit} pictures")
    hint = _("remove some, begin a new chat, or start the server with a larger --limit-mm-per-prompt")
    return errors.TooManyMedia(what.format(limit=limit), hint=hint)


def _miss(_match: Match, said: str) -> errors.BackendError:
    return errors.MediaCacheMiss(said)


def _rejected(title: str, hint: str) -> Maker:
    return lambda _match, said: errors.RequestRejected(said, title=_(title), hint=_(hint))


def _failed(hint: str) -> Maker:
    return lambda _match, said: errors.ServerFailed(said, hint=_(hint))


_REJECTED = N_("The server rejects the request")
_UNREADABLE = N_("The server cannot read a picture or video")
_UNFETCHED = N_("The server cannot fetch a picture or video")
_TOO_LARGE = N_("A picture or video is too large for the server")

ANYWHERE: Rules = (
    (r"At most (\d+) (image|video|audio)\(s\) may be provided", _too_many),
    (r"Cache miss for (\w+) at index", _miss),
    (TOO_LONG, _context),
    (r"Input length \((?P<count>\d+)\) exceeds model's maximum context length \((?P<limit>\d+)\)", _context),
    (r"prompt \(length (?P<count>\d+)\) is longer than the maximum model length of (?P<limit>\d+)", _context),
    (
        (
            r"length of (?P<limit>\d+) tokens\. You requested a total of \d+ tokens: "
            r"(?P<count>\d+) tokens from the input messages and (?P<reply>\d+) tokens"
        ),
        _context,
    ),
    (r"input \((?P<count>\d+) tokens\) is longer than the model's context length \((?P<limit>\d+) tokens\)", _context),
    (r"request \((?P<count>\d+) tokens\) exceeds the available context size \((?P<limit>\d+) tokens\)", _context),
    (r"exceeds the available context size \((?P<limit>\d+) tokens\)", _context_alone),
    (r"max_(?:completion_)?tokens=(?P<count>\d+) cannot be greater than max_model_len=(?P<limit>\d+)", _reply_room),
    (r"too large: (?P<count>\d+)\. This model's maximum context length is (?P<limit>\d+)", _reply_room),
)
"""Words that no other program has, in whatever form they come."""

KNOWN: Rules = (
    *ANYWHERE,
    (
        r"Failed to load (image|video)|cannot identify image|is truncated|Non-base64|Could not open video|ncorrect padding",
        _rejected(_UNREADABLE, N_("remove it, or attach it again from a file that opens elsewhere")),
    ),
    (
        r"same (shape|size)|equal size|inhomogeneous shape",
        _rejected(_UNREADABLE, N_("all frames of a video must have the same size: attach it again")),
    ),
    (
        r"Cannot load local files|must be a subpath of|No such file or directory",
        _rejected(_UNFETCHED, N_("it needs --allowed-local-media-path and the same folder on its own machine")),
    ),
    (
        r"must be from one of the allowed domains|Failed to fetch media|Cannot connect to host|must be either a HTTP",
        _rejected(_UNFETCHED, N_("check the address, or download the file and attach it")),
    ),
    (
        r"No module named '(cv2|torchcodec|decord)",
        _failed(N_("install opencv-python-headless in vLLM's environment to read videos")),
    ),
    (
        r"exceeds the pre-allocated encoder cache",
        _rejected(_TOO_LARGE, N_("send fewer frames, or start the server with a larger --max-num-batched-tokens")),
    ),
    (
        r"VLLM_MAX_MEDIA_REQUEST_DECODE_BYTES|VLLM_MAX_IMAGE_PIXELS",
        _rejected(_TOO_LARGE, N_("send it reduced, not as the original")),
    ),
    (
        r"Found more '.*' placeholders",
        _rejected(N_("The text looks like a picture to the model"), N_("remove what looks like <image> in it")),
    ),
    (
        r"EngineCore encountered|EngineDead|[Ee]ngine (core|is dead)",
        _failed(N_("vLLM has crashed: start the server again; its log says why")),
    ),
    (r"Per-request .* are disabled", _rejected(_REJECTED, N_("start the server with --trust-request-mm-kwargs"))),
)
"""Searched in this order in an error object's message; most of these words would mean something else from another program."""

"""Answers requests with ``vllm.LLM``. Runs under the interpreter that has vLLM: needs nothing but it and the standard library.

``python vllm_worker.py FD`` reads JSON lines from stdin: first ``{"engine": {…}}``, the arguments of ``LLM``; then requests
``{"number": n, "body": {…}}`` with bodies as the chat completions API takes them. It writes JSON lines to the file descriptor
FD, because vLLM prints to stdout and stderr: ``{"ready": {…}}``, answers ``{"number", "text", "finish_reason", "usage",
"error"}`` as they come, at the end ``{"over": true}``. The end of stdin is the end of the requests.

vLLM's interface differs between versions: what the installed one does not take is left out and told in ``ready``.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # this file also runs under Python 3.9
    from collections.abc import Iterator

    from minicpm_tui.batch.vllm.worker.wire import (
        Json,
        LoadedAhead,
        Report,
        Request,
        Requests,
        Source,
        die_with_parent,
        line_of,
        reporter,
    )
else:
    _wire = importlib.import_module("wire")  # it lies beside this script
    LoadedAhead, Requests = _wire.LoadedAhead, _wire.Requests
    die_with_parent, line_of, reporter = _wire.die_with_parent, _wire.line_of, _wire.reporter

LOADERS = 8
"""Threads that fetch and decode pictures."""
RENDERED_BETWEEN_LOOKS = 8
"""Where vLLM does not tell whether outputs lie ready, a look waits for its next step, in which nothing can be rendered."""
DRAINED_SECONDS = 0.002
MAX_NUM_SEQS = 256
"""vLLM's own default, where the installed version does not tell."""
MAX_TOKENS = 1024


class Vllm:
    """The installed vLLM: one engine, and what this version calls things."""

    def __init__(self, engine: Json) -> None:
        self.vllm = importlib.import_module("vllm")
        accepted, self.left_out = self._accepted(engine)
        self.llm = self.vllm.LLM(**accepted)
        self.sampling_fields = set(inspect.signature(self.vllm.SamplingParams).parameters)
        self.chat_fields = set(inspect.signature(self.llm.chat).parameters)
        self._no_stop_ids = False
        self._load_picture: Any = None if engine.get("media_io_kwargs") else _picture_loader()  # it would not know of those
        client = getattr(getattr(self.llm, "llm_engine", None), "engine_core", None)
        self._outputs = getattr(client, "outputs_queue", None)

    @property
    def version(self) -> str:
        """As vLLM names it, such as ``0.11.0``; empty where it does not."""
        return str(getattr(self.vllm, "__version__", ""))

    @property
    def max_num_seqs(self) -> int:
        """How many requests the engine answers at once."""
        config = getattr(getattr(self.llm, "llm_engine", None), "vllm_config", None)
        found = getattr(getattr(config, "scheduler_config", None), "max_num_seqs", None)
        return found if isinstance(found, int) else MAX_NUM_SEQS

    @property
    def rolls(self) -> bool:
        """Whether requests can be added one by one while others are answered."""
        return hasattr(self.llm, "enqueue_chat") and hasattr(getattr(self.llm, "llm_engine", None), "step")

    @property
    def idle(self) -> bool:
        """True when no output lies ready, False also when that is not known."""
        return self._outputs is not None and bool(self._outputs.empty())

    def load(self, body: Json) -> Json:
        """``body`` with its pictures fetched and decoded, where this version takes them so: ``LLM`` does one after another."""
        if self._load_picture is not None:
            for message in body["messages"]:
                content = message.get("content")
                if isinstance(content, list):
                    message["content"] = [self._loaded(part) for part in content]
        return body

    def _loaded(self, part: Any) -> Any:
        given = part.get("image_url") if isinstance(part, dict) and part.get("type") == "image_url" else None
        url = given.get("url") if isinstance(given, dict) else given
        if not isinstance(url, str) or not url.startswith(("data:", "http://", "https://")):
            return part
        picture = self._load_picture(url)
        named = {"uuid": part["uuid"]} if "uuid" in part else {}
        return {"type": "image_pil", "image_pil": getattr(picture, "media", picture), **named}

    def _accepted(self, engine: Json) -> tuple[Json, list[str]]:
        """``LLM`` takes its own parameters and, as ``**kwargs``, the fields of ``EngineArgs``."""
        known = set(inspect.signature(self.vllm.LLM.__init__).parameters)
        with contextlib.suppress(ImportError, AttributeError, ValueError):
            known |= set(inspect.signature(importlib.import_module("vllm.engine.arg_utils").EngineArgs).parameters)
        if "disable_mm_preprocessor_cache" in engine and "disable_mm_preprocessor_cache" not in known:
            disabled = engine.pop("disable_mm_preprocessor_cache")
            if disabled:  # its name since 0.10.2
                engine["mm_processor_cache_gb"] = 0
        return {name: value for name, value in engine.items() if name in known}, sorted(set(engine) - known)

    def call_of(self, body: Json) -> Json:
        """The arguments of ``LLM.chat`` for one request."""
        call = {"messages": body["messages"], "sampling_params": self._sampling(body), "use_tqdm": False}
        for name in (
            "chat_template_kwargs",
            "mm_processor_kwargs",
            "chat_template",
            "add_generation_prompt",
            "continue_final_message",
        ):
            if body.get(name) is not None and name in self.chat_fields:
                call[name] = body[name]
        return call

    def _sampling(self, body: Json) -> Any:
        fields = {name: value for name, value in body.items() if name in self.sampling_fields and value is not None}
        fields["max_tokens"] = body.get("max_tokens") or body.get("max_completion_tokens") or MAX_TOKENS
        for name in ("n", "logprobs", "structured_outputs", "guided_decoding", "output_kind"):
            fields.pop(name, None)
        if self._no_stop_ids:
            fields.pop("stop_token_ids", None)
        if fields.get("logit_bias"):
            fields["logit_bias"] = {int(token): bias for token, bias in fields["logit_bias"].items()}
        wanted = dict(body.get("structured_outputs") or {})
        form = body.get("response_format") or {}
        if form.get("type") == "json_schema":
            wanted["json"] = form["json_schema"]["schema"]
        elif form.get("type") == "json_object":
            wanted["json_object"] = True
        if wanted:
            fields.update(self._structured(wanted))
        return self.vllm.SamplingParams(**fields)

    def _structured(self, wanted: Json) -> Json:
        """``structured_outputs`` since 0.11, ``guided_decoding`` before."""
        params = importlib.import_module("vllm.sampling_params")
        for field, name in (("structured_outputs", "StructuredOutputsParams"), ("guided_decoding", "GuidedDecodingParams")):
            if field in self.sampling_fields and hasattr(params, name):
                return {field: getattr(params, name)(**wanted)}
        return {}

    def drops_stop_ids(self, error: BaseException) -> bool:
        """True once: the vocabulary does not have the stop ids of the requests, which go without them from now on."""
        first = not self._no_stop_ids and "stop_token_ids" in str(error)
        self._no_stop_ids = self._no_stop_ids or first
        return first


def _picture_loader() -> Any:
    """vLLM's own function that makes a picture of a URL; None where its chat does not take pictures."""
    for place in ("vllm.renderers.chat_utils", "vllm.entrypoints.chat_utils"):
        with contextlib.suppress(ImportError, AttributeError):
            if "image_pil" in importlib.import_module(place).MM_PARSER_MAP:
                return importlib.import_module("vllm.multimodal.utils").fetch_image
    return None


def answer_all(vllm: Vllm, source: Source, report: Report) -> None:
    """Answer what ``source`` gives until it is over.

    ``source(wait)`` is the next request, None when there is none: now, or with ``wait`` for ever. ``report`` takes each answer.
    """
    with ThreadPoolExecutor(LOADERS) as pool:
        ahead = LoadedAhead(source, vllm.load, pool, report)
        (_answer_rolling if vllm.rolls else _answer_in_pieces)(vllm, ahead, report)


def _answer_rolling(vllm: Vllm, source: Source, report: Report) -> None:
    """Requests go in while others come out, so that the engine never runs empty between pieces."""
    most = vllm.max_num_seqs + max(16, vllm.max_num_seqs // 4)
    under_way: dict[str, int] = {}
    over = False
    request: Request | None = None
    while under_way or not over:
        for _time in range(RENDERED_BETWEEN_LOOKS):
            request = source(not under_way) if len(under_way) < most else None
            if request is None:
                over = not under_way
                break
            number, body = request
            try:
                under_way[_enqueue(vllm, body)] = number
            except Exception as error:  # noqa: BLE001 - one bad request must not end the others
                _raise_fatal(error)
                report({"number": number, "error": line_of(error)})
        _collect(vllm, under_way, report, wait=request is None)


def _enqueue(vllm: Vllm, body: Json) -> str:
    try:
        (name,) = vllm.llm.enqueue_chat(**vllm.call_of(body))
    except Exception as error:
        if not vllm.drops_stop_ids(error):
            raise
        (name,) = vllm.llm.enqueue_chat(**vllm.call_of(body))
    return _plain(name)


def _collect(vllm: Vllm, under_way: dict[str, int], report: Report, *, wait: bool) -> None:
    """Report what is finished; without ``wait`` only what lies ready. A step that had to wait means that nothing more does."""
    engine = vllm.llm.llm_engine
    while under_way and engine.has_unfinished_requests():
        if not wait and vllm.idle:
            return
        began = time.monotonic()
        for output in engine.step():
            number = under_way.pop(_plain(output.request_id), None) if output.finished else None
            if number is not None:
                report({"number": number, **_answer(output)})
        if time.monotonic() - began > DRAINED_SECONDS:
            return
    for number in under_way.values():
        report({"number": number, "error": "vLLM dropped this request"})
    under_way.clear()


def _plain(name: Any) -> str:
    """Some versions add a suffix to the number that a request gets, in one of the two places that tell it."""
    return str(name).partition("-")[0]


def _answer_in_pieces(vllm: Vllm, source: Source, report: Report) -> None:
    """The whole of a piece is handed over at once: large pieces, as the engine runs empty at the end of each."""
    size = 4 * vllm.max_num_seqs
    over = False
    while not over:
        piece: list[Request] = []
        while len(piece) < size:
            request = source(True)  # noqa: FBT003 - a function's only parameter
            if request is None:
                over = True
                break
            piece.append(request)
        _answer_piece(vllm, piece, report)


def _answer_piece(vllm: Vllm, piece: list[Request], report: Report) -> None:
    """A request that vLLM refuses takes its whole piece down: halve until it stands alone."""
    if not piece:
        return
    try:
        for same in _alike(vllm, piece):
            calls = [call for _number, call in same]
            shared = {name: value for name, value in calls[0].items() if name not in ("messages", "sampling_params")}
            outputs = vllm.llm.chat([call["messages"] for call in calls], [call["sampling_params"] for call in calls], **shared)
            for (number, _call), output in zip(same, outputs):  # noqa: B905 - ``strict`` is unknown to Python 3.9
                report({"number": number, **_answer(output)})
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are asked without it
        _raise_fatal(error)
        if vllm.drops_stop_ids(error):
            _answer_piece(vllm, piece, report)
            return
        if len(piece) == 1:
            report({"number": piece[0][0], "error": line_of(error)})
            return
        middle = len(piece) // 2
        _answer_piece(vllm, piece[:middle], report)
        _answer_piece(vllm, piece[middle:], report)


def _alike(vllm: Vllm, piece: list[Request]) -> Iterator[list[Request]]:
    """``LLM.chat`` takes one set of template arguments for a whole call."""
    groups: dict[str, list[Request]] = {}
    for number, body in piece:
        call = vllm.call_of(body)
        key = json.dumps({name: value for name, value in call.items() if name not in ("messages", "sampling_params")})
        groups.setdefault(key, []).append((number, call))
    yield from groups.values()


def _answer(output: Any) -> Json:
    reply = output.outputs[0]
    usage = {"prompt_tokens": len(output.prompt_token_ids or ()), "completion_tokens": len(reply.token_ids)}
    return {"text": reply.text, "finish_reason": reply.finish_reason, "usage": usage}


def _raise_fatal(error: BaseException) -> None:
    """A dead engine is no fault of the request."""
    if type(error).__name__ in ("EngineDeadError", "MQEngineDeadError"):
        raise error


def main() -> None:
    """See the module's text."""
    die_with_parent()
    report = reporter(int(sys.argv[1]))
    lines = iter(sys.stdin.buffer.readline, b"")
    try:
        vllm = Vllm(json.loads(next(lines))["engine"])
    except Exception as error:  # noqa: BLE001 - told, with the log beside it
        report({"failed": line_of(error)})
        sys.exit(1)
    report({"ready": {"version": vllm.version, "left_out": vllm.left_out}})
    answer_all(vllm, Requests(lines), report)
    report({"over": True})


if __name__ == "__main__":
    main()

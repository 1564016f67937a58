"""Answers requests with ``vllm.LLM``. Runs under the interpreter that has vLLM: needs nothing but it and the standard library.

``python vllm_worker.py FD`` reads JSON lines from stdin: first ``{"engine": {…}}``, the arguments of ``LLM``; then requests
``{"number": n, "body": {…}}`` with bodies as the chat completions API takes them. It writes JSON lines to the file descriptor
FD, because vLLM prints to stdout and stderr: ``{"ready": {…}}``, answers ``{"number", "text", "finish_reason", "usage",
"error"}`` as they come, at the end ``{"over": true}``. The end of stdin is the end of the requests.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # this file also runs under Python 3.9
    from collections.abc import Iterator

    from minicpm_tui.batch.vllm.worker.installed_vllm import Vllm
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
    Vllm = importlib.import_module("installed_vllm").Vllm  # it lies beside this script
    _wire = importlib.import_module("wire")
    LoadedAhead, Requests = _wire.LoadedAhead, _wire.Requests
    die_with_parent, line_of, reporter = _wire.die_with_parent, _wire.line_of, _wire.reporter

LOADERS = 8
"""Threads that fetch and decode pictures."""
RENDERED_BETWEEN_LOOKS = 8
"""Where vLLM does not tell whether outputs lie ready, a look waits for its next step, in which nothing can be rendered."""
DRAINED_SECONDS = 0.002
_FIRST: Json = {"messages": [{"role": "user", "content": "Hello."}], "max_tokens": 2, "temperature": 0.7, "top_p": 0.7}


def warm(vllm: Vllm) -> None:
    """Ask about a picture of nothing: with its first request ``LLM`` sets up the picture processor and compiles its sampler.

    That took 12 s (vLLM 0.25.1, H200), in which requests that this worker had taken would wait while others beside it idle.
    """
    _answer_piece(vllm, [(0, vllm.with_picture(_FIRST))], lambda _message: None)


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
        warm(vllm)
    except Exception as error:  # noqa: BLE001 - told, with the log beside it
        report({"failed": line_of(error)})
        sys.exit(1)
    report({"ready": {"version": vllm.version, "left_out": vllm.left_out}})
    answer_all(vllm, Requests(lines), report)
    report({"over": True})


if __name__ == "__main__":
    main()

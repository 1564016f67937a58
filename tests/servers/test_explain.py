"""Each failure's first cause, and remedies that change the form; none where nothing is known."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.servers.explain import Diagnosis, explain, read_chunks
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.options import OPTIONS

LOGS = Path(__file__).parent / "logs"
ARGUMENTS = "(APIServer pid=1) INFO 11-22 08:18:03 [a.py:1] non-default args: {arguments}\n"


def failure(message: str, arguments: dict[str, Any] | None = None) -> Any:
    log = ARGUMENTS.format(arguments=arguments or {"model": "openbmb/MiniCPM-V-4_5"})
    log += "(EngineCore pid=2) ERROR 11-22 08:19:00 [core.py:1] EngineCore failed to start.\n"
    log += "(EngineCore pid=2) ERROR 11-22 08:19:00 [core.py:1] Traceback (most recent call last):\n"
    log += "(EngineCore pid=2) ERROR 11-22 08:19:00 [core.py:1]     raise ValueError(x)\n"
    log += f"(EngineCore pid=2) ERROR 11-22 08:19:00 [core.py:1] {message}\n"
    log += "Traceback (most recent call last):\n  File x\n"
    log += "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}\n"
    found = explain([log.encode()]).failure
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "kind", "line", "number", "options"),
    [
        ("port-in-use.log", "port_taken", "OSError: [Errno 98] Address already in use", 37, [{"port": 8001}]),
        ("model-path-missing.log", "model_missing", "Repo id must be in the form", 51, []),
        ("memory.log", "gpu_busy", "less than desired CPU memory utilization", 41, [{"gpu-memory-utilization": 0.86}]),
        ("missing-dependency.log", "missing_module", "No module named 'flashinfer'", 51, [{"VLLM_USE_FLASHINFER_SAMPLER": "0"}]),
        ("engine-init.log", "unknown", "RuntimeError: Tried to instantiate dummy base class", 86, []),
        ("processor.log", "processor", "TypeError: Cannot handle this data type", 37, []),
        ("engine-dead.log", "engine_died", "RuntimeError: shape mismatch", 197, [{}]),
    ],
)
def test_recorded_failures(name: str, kind: str, line: str, number: int, options: list[dict[str, Any]]) -> None:
    explanation = explain(read_chunks(LOGS / name))
    assert explanation.state == "failed"
    found = explanation.failure
    assert found is not None
    assert (found.kind, [dict(remedy.set) for remedy in found.remedies]) == (kind, options)
    assert line in found.line
    assert found.line_number == number
    assert line in (LOGS / name).read_bytes().split(b"\n")[number - 1].decode()


FAILED = ["port-in-use.log", "memory.log", "missing-dependency.log", "engine-init.log", "processor.log", "engine-dead.log"]


@pytest.mark.parametrize("name", [*FAILED, "no-cv2.log"])
@pytest.mark.parametrize(
    "before",
    [
        "vllm-1  | ",
        "\x1b[36mvllm-1  |\x1b[0m ",
        "[pod/vllm-0/vllm] ",
        "2026-11-22T08:18:03.123456789Z ",
        "2026-11-22T08:18:03.123456789Z stderr F ",
        "vllm-1  | 2026-11-22T08:18:03.123456789Z ",
        "Nov  2 08:18:03 gpubox vllm[4211]: ",
        "2026-11-22T08:18:03+0000 gpubox vllm[4211]: ",
    ],
)
def test_what_collectors_put_before_each_line_does_not_matter(name: str, before: str) -> None:
    plain = explain(read_chunks(LOGS / name))
    collected = explain([before.encode() + line for line in (LOGS / name).read_bytes().splitlines(keepends=True)])
    assert collected == plain


@pytest.mark.parametrize("name", FAILED)
def test_processes_go_by_other_names_or_none(name: str) -> None:
    log = (LOGS / name).read_bytes()
    plain = explain([log]).failure
    assert plain is not None
    named = log.replace(b"(EngineCore pid=", b"(EngineCore_DP0 pid=").replace(
        b"(Worker pid=", b"(RayWorkerWrapper ip=10.0.0.1, pid="
    )
    assert explain([named]).failure == plain
    nameless = explain([re.sub(rb"(?m)^\([\w-]+ pid=\d+\) ?", b"", log)]).failure
    assert nameless is not None
    assert (nameless.kind, nameless.line, nameless.remedies) == (plain.kind, plain.line, plain.remedies)


def test_a_crash_of_one_rank_is_read() -> None:
    log = b"[rank0]: Traceback (most recent call last):\n[rank0]:   File x\n[rank0]: RuntimeError: the flux capacitor is empty\n"
    found = explain([log]).failure
    assert found is not None
    assert (found.line, found.line_number) == ("RuntimeError: the flux capacitor is empty", 3)


def test_a_server_that_answers_has_not_failed_though_the_logs_beginning_is_missing() -> None:
    answered = b'INFO:     127.0.0.1:51234 - "POST /v1/chat/completions HTTP/1.1" 200 OK\n'
    request = b"Traceback (most recent call last):\n  File x\nAssertionError: Expected code to be unreachable\n"
    explanation = explain([answered, request])
    assert (explanation.state, explanation.failure) == ("ready", None)


def test_what_fills_the_memory_beside_the_cache_is_named() -> None:
    log = b"ERROR 11-22 08:19:00 [a.py:1] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 446.00 MiB.\n"
    log += b"ERROR 11-22 08:19:00 [a.py:1] RuntimeError: CUDA out of memory occurred when warming up sampler with 256\n"
    found = explain([log]).failure
    assert found is not None
    assert [dict(remedy.set) for remedy in found.remedies] == [{"max-num-seqs": 16}, {"gpu-memory-utilization": 0.87}]


def test_nccls_own_words_are_no_failure() -> None:
    log = b"gpubox:12:12 [0] NCCL INFO MNNVL 0 cliqueId 0 /dev/shm/nccl-3nTqdu\nRuntimeError: the flux capacitor is empty\n"
    log = b"Traceback (most recent call last):\n  File x\n".join(log.splitlines(keepends=True))
    found = explain([log]).failure
    assert found is not None
    assert found.kind == "unknown"


@pytest.mark.parametrize("name", ["ready-0.25-gpu.log", "exited-0.32-cpu.log"])
def test_good_starts_have_no_failure(name: str) -> None:
    explanation = explain(read_chunks(LOGS / name))
    assert (explanation.failure, explanation.requests) == (None, ())


def test_a_package_that_lacks_is_said_though_the_server_answers() -> None:
    explanation = explain(read_chunks(LOGS / "no-cv2.log"))
    assert explanation.state == "ready"
    assert explanation.failure is not None
    assert "cv2" in explanation.failure.line


TABLE = [
    (row["message"], row["kind"], row["set"])
    for row in json.loads((LOGS.parent / "failures.json").read_text().replace('"HOME"', json.dumps(str(Path.home()))))
]


@pytest.mark.parametrize(("message", "kind", "options"), TABLE, ids=[row[1] for row in TABLE])
def test_known_messages(message: str, kind: str, options: dict[str, Any] | None) -> None:
    found = failure(message)
    assert found.kind == kind
    assert found.line == message.strip()
    assert found.line_number == 5
    if options is None:
        assert found.remedies == ()
        assert found.hint
    else:
        assert dict(found.remedies[0].set) == options


def test_remedies_name_options_that_the_form_knows() -> None:
    for message, _kind, _options in TABLE:
        for remedy in failure(message).remedies:
            assert set(remedy.set) <= {"model", *OPTIONS}
            Form("m").with_options(remedy.set)


def test_a_wrapper_alone_is_named_but_never_the_cause_of_something_known() -> None:
    found = explain([b"RuntimeError: Engine core initialization failed. See root cause above.\n"]).failure
    assert found is not None
    assert (found.kind, found.remedies) == ("engine_init", ())


def test_an_unknown_failure_is_shown_without_a_remedy() -> None:
    found = failure("RuntimeError: the flux capacitor is empty")
    assert (found.kind, found.line, found.remedies) == ("unknown", "RuntimeError: the flux capacitor is empty", ())


def test_a_loading_server_is_not_called_failed_for_an_error_it_may_survive() -> None:
    diagnosis = Diagnosis()
    diagnosis.feed(b"ERROR 11-22 08:19:00 [x.py:1] Failed to import Triton kernels.\n")
    assert diagnosis.explanation(ended=False).failure is None
    assert diagnosis.explanation(ended=True).failure is not None


def test_a_warning_that_quotes_an_error_is_none() -> None:
    log = b"WARNING 11-22 08:18:03 [a.py:2] may cause errors like `OSError: [Errno 98] Address already in use`\n"
    assert explain([log]).failure is None


@pytest.mark.parametrize(("message", "kind", "options"), TABLE, ids=[row[1] for row in TABLE])
@pytest.mark.parametrize("number", ["0", "9" * 5000])
def test_absurd_numbers_are_explained_without_a_crash(message: str, kind: str, options: object, number: str) -> None:
    explain([re.sub(r"\d+", number, message).encode()]).to_dict()


@given(st.lists(st.binary(max_size=400), max_size=10))
def test_any_bytes_are_explained_without_a_crash(chunks: list[bytes]) -> None:
    explain(chunks).to_dict()

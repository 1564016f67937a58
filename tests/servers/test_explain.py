"""Each failure's first cause, and remedies that change the form; none where nothing is known."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.servers.arguments import arguments_of
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


SHARED_BY_TWO = {"tensor-parallel-size": 2, "pipeline-parallel-size": None}


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
        (
            "length-0.28.log",
            "length_over_model",
            "User-specified max_model_len (99999) is greater",
            7,
            [{"max-model-len": 32768}],
        ),
        ("heads-0.28.log", "heads", "attention heads (4) must be divisible by tensor parallel size (3).", 7, [SHARED_BY_TWO]),
        ("remote-code-0.28.log", "remote_code", "contains custom code", 2, [{"trust-remote-code": True}]),
        ("inspect-0.9.2.log", "model_code", "ValueError: infer_schema(func): Parameter block_shape", 13, []),
        ("port-0.8.5.log", "port_taken", "OSError: [Errno 98] Address already in use", 6, [{"port": 8395}]),
        ("engine-package-0.10.2.log", "missing_module", "No module named 'intel_extension_for_pytorch'", 73, []),
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


WRAPPED = [(message.removeprefix("ValueError: "), *rest) for message, *rest in TABLE if message.startswith("ValueError: ")]


@pytest.mark.parametrize(("message", "kind", "options"), WRAPPED, ids=[row[1] for row in WRAPPED])
@pytest.mark.parametrize("field", ["", "max_model_len\n"])
def test_a_message_wrapped_by_a_validation_is_explained_as_before(field: str, message: str, kind: str, options: object) -> None:
    log = ARGUMENTS.format(arguments={"model": "openbmb/MiniCPM-V-4_5"}) + "Traceback (most recent call last):\n  File x\n"
    log += f"pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig\n{field}"
    log += f"  Value error, {message} [type=value_error, input_value=ArgsKwargs((), {{'model': 'x'}}), input_type=ArgsKwargs]\n"
    log += "    For further information visit https://errors.pydantic.dev/2.14/v/value_error\n"
    found = explain([log.encode()]).failure
    assert found is not None
    assert (found.kind, found.line) == (kind, message.strip())
    assert [dict(remedy.set) for remedy in found.remedies][:1] == ([options] if options is not None else [])


def test_an_unknown_validation_names_the_field_and_what_is_wrong() -> None:
    log = "Traceback (most recent call last):\n  File x\n"
    log += "pydantic_core._pydantic_core.ValidationError: 1 validation error for ParallelConfig\ntensor_parallel_size\n"
    log += "  Input should be greater than 0 [type=greater_than, input_value=0, input_type=int]\n"
    found = explain([log.encode()]).failure
    assert found is not None
    assert (found.line, found.line_number) == ("tensor_parallel_size: Input should be greater than 0", 5)


def test_an_engine_that_lacks_a_package_died_of_it() -> None:
    text = (LOGS / "engine-package-0.10.2.log").read_bytes()
    dead = b"(APIServer pid=1511) ERROR 11-28 10:09:27 [async_llm.py:1] EngineDeadError: EngineCore encountered an issue.\n"
    for log in (text, text.replace(b'"GET /health', dead + b'"GET /health')):
        explanation = explain([log])
        assert (explanation.state, explanation.failure and explanation.failure.kind) == ("failed", "missing_module")
        assert explanation.failure is not None
        assert "pip install 'intel-extension-for-pytorch'" in explanation.failure.hint
        assert explanation.failure.remedies == ()


def test_an_incomplete_folder_is_named_with_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "minicpmv", "version": 2.6}')
    words = (
        "TypeError: Invalid type of HuggingFace processor. Expected type: <class 'ProcessorMixin'>, but found type: <class 'X'>"
    )
    for message in (words, words.replace("<class 'ProcessorMixin'>", "ProcessorMixin")):
        found = failure(message, {"model": str(tmp_path)})
        assert found.kind == "incomplete"
        assert "preprocessor_config.json, tokenizer.json" in found.hint
    assert "preprocessor_config.json" in failure(words, {"model": "openbmb/MiniCPM-V-2_6"}).hint


def test_the_arguments_of_an_old_start_are_read() -> None:
    line = (
        "args: Namespace(model_tag='/m/a, b', port=8394, limit_mm_per_prompt={'image': 5}, api_key=None, flag=True, dispatch=<f>)"
    )
    read = arguments_of(line)
    assert read == {"model_tag": "/m/a, b", "port": 8394, "limit_mm_per_prompt": {"image": 5}, "flag": True}
    assert arguments_of("engine args: whatever") is None


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


@pytest.mark.parametrize(
    ("log", "foreign"),
    [
        (b"hello\n127.0.0.1 - - GET / 200\n", True),
        (b"", False),
        (b"INFO 11-22 08:18:03 [__init__.py:1] Automatically detected platform cuda.\n", False),
    ],
)
def test_a_log_of_another_program_is_not_taken_for_vllms(log: bytes, *, foreign: bool) -> None:
    found = explain([log])
    assert found.foreign is foreign
    assert not (foreign and found.stages)

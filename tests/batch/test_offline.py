"""Without a server: the worker script under an interpreter that has (a stand-in for) vLLM."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minicpm_tui.batch.vllm.options import engine_options, read_chosen, safe_frames
from minicpm_tui.errors import UsageError
from minicpm_tui.families import recognise
from minicpm_tui.servers import processes
from tests.batch.conftest import ASK, MODEL, batch, results


@pytest.mark.parametrize("version", ["new", "old"])
def test_a_folder_without_a_server(kind: pytest.MonkeyPatch, pictures: Path, tmp_path: Path, version: str) -> None:
    kind.setenv("FAKE_VLLM", version)
    output = tmp_path / "out.jsonl"
    (pictures / "bad.png").touch()
    assert batch(pictures, "-o", output, "--offline", MODEL, "--prompt", "What?") == 1
    found = results(output)
    assert sorted(found) == ["bad.png", *(f"p{number:05}.png" for number in range(5))]
    good = [result for result in found.values() if result.error is None]
    assert len(good) == 5
    part = "image_pil" if version == "new" else "image_url"
    assert all(f"{part}+text temperature=0.7 top_p=0.7 max_tokens=1024 stops=False" in result.text for result in good)
    assert good[0].usage is not None
    assert (good[0].usage.prompt_tokens, good[0].finish_reason) == (3, "stop")


@pytest.mark.parametrize("version", ["new", "old"])
def test_one_request_that_vllm_refuses_leaves_the_others_alone(kind: pytest.MonkeyPatch, tmp_path: Path, version: str) -> None:
    kind.setenv("FAKE_VLLM", version)
    table, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    table.write_text("".join(json.dumps({"id": str(n), "text": "poison" if n == 7 else "x"}) + "\n" for n in range(30)))
    assert batch(table, "-o", output, "--offline", MODEL) == 1
    found = results(output)
    assert len(found) == 30
    assert {name for name, result in found.items() if result.error} == {"7"}
    table.write_text(table.read_text().replace("poison", "cured"))
    assert batch(table, "-o", output, "--offline", MODEL, "--resume") == 0
    assert len(results(output)) == 30


def test_openai_lines_get_the_guides_sampling_where_they_have_none(kind: pytest.MonkeyPatch, tmp_path: Path) -> None:
    body = {"model": "x", "messages": [{"role": "user", "content": "hi"}]}
    lines = [{"custom_id": "a", "body": body}, {"custom_id": "b", "body": {**body, "temperature": 0, "max_completion_tokens": 5}}]
    table, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    table.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert batch(table, "-o", output, "--offline", MODEL) == 0
    found = results(output)
    assert "temperature=0.7 top_p=0.7 max_tokens=1024" in found["a"].text
    assert "temperature=0 top_p=0.7 max_tokens=5 " in found["b"].text


def test_the_sampling_of_the_command_line_reaches_vllm(kind: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    body = {"model": "x", "messages": [{"role": "user", "content": "hi"}]}
    table.write_text(json.dumps({"id": "own", "text": "x"}) + "\n" + json.dumps({"custom_id": "openai", "body": body}) + "\n")
    sampling = ("--top-k", 40, "--min-p", 0.05, "--repetition-penalty", 1.05, "--seed", 7)
    assert batch(table, "-o", output, "--offline", MODEL, *sampling) == 0
    for result in results(output).values():
        assert "top_k=40 min_p=0.05 penalty=1.05 seed=7" in result.text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}}, "json={'type': 'object'}"),
        ({"response_format": {"type": "json_object"}}, "json_object=True"),
        ({"structured_outputs": {"choice": ["yes", "no"]}}, "choice=['yes', 'no']"),
        ({"logit_bias": {"42": -100}}, "bias={42: -100}"),
    ],
)
def test_openai_lines_keep_what_they_ask_for(
    kind: pytest.MonkeyPatch, tmp_path: Path, asked: dict[str, object], words: str
) -> None:
    table, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    body = {"model": "x", "messages": [{"role": "user", "content": "hi"}], **asked}
    table.write_text(json.dumps({"custom_id": "a", "body": body}))
    assert batch(table, "-o", output, "--offline", MODEL) == 0
    assert words in results(output)["a"].text


def test_a_picture_that_cannot_be_fetched_fails_alone(kind: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    with table.open("w") as file:
        for number in range(40):
            url = f"http://127.0.0.1:1/{'missing' if number % 10 == 3 else number}.jpg"
            content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "What?"}]
            file.write(
                json.dumps({"custom_id": str(number), "body": {"messages": [{"role": "user", "content": content}]}}) + "\n"
            )
    assert batch(table, "-o", output, "--offline", MODEL) == 1
    found = results(output)
    assert len(found) == 40
    assert {name for name, result in found.items() if result.error} == {"3", "13", "23", "33"}


def test_what_this_vllm_does_not_know_is_left_out(
    kind: pytest.MonkeyPatch, pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.jsonl"
    chosen = ("--engine", "nonsense=1", "--engine", "disable_mm_preprocessor_cache=True")
    assert batch(pictures, *ASK, "-o", output, "--offline", MODEL, *chosen) == 0
    assert "mm_processor_cache_gb" in next(iter(results(output).values())).text
    assert "nonsense" in capfd.readouterr().err


@pytest.mark.parametrize("workers", [(), ("--workers", 2)], ids=["one", "two"])
@pytest.mark.parametrize(("version", "words"), [("dies", "Killed"), ("broken", "memory")])
def test_when_vllm_ends_it_is_explained_and_the_rest_can_go_on(
    kind: pytest.MonkeyPatch,
    table: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    version: str,
    words: str,
    workers: tuple[object, ...],
) -> None:
    output = tmp_path / "out.jsonl"
    kind.setenv("FAKE_VLLM", version)
    kind.setenv("FAKE_VLLM_CHILD", str(tmp_path / "child"))
    asked = (table, "-o", output, "--offline", MODEL, *workers)
    assert batch(*asked) == 1
    said = capfd.readouterr().err
    assert words in said
    assert "Traceback" not in said
    if version == "dies":
        engine = processes.stat(int((tmp_path / "child").read_text()))
        assert engine is None or engine.state == "Z"
    kind.setenv("FAKE_VLLM", "new")
    assert batch(*asked, "--resume") == 0
    assert len(results(output)) == 200


def test_without_vllm_it_says_how_to_get_it(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert batch(pictures, *ASK, "-o", tmp_path / "out.jsonl", "--offline", MODEL) == 1
    assert "pip install" in capfd.readouterr().err


def test_room_for_all_pictures_of_a_request() -> None:
    family = recognise(MODEL)
    options = engine_options(MODEL, family, 20, {"max_num_seqs": 8})
    assert options["limit_mm_per_prompt"]["image"] == 20
    assert options["max_model_len"] >= 20 * 640
    assert options["trust_remote_code"] is True
    assert options["max_num_seqs"] == 8


def test_an_old_engine_gets_a_step_that_holds_a_video_or_fewer_frames() -> None:
    family = recognise(MODEL)
    options = engine_options(MODEL, family, 1, {}, "0.11.2")
    assert options["max_num_batched_tokens"] >= 66 * 32
    assert (safe_frames(options, "0.11.2") or 0) >= 32
    small = engine_options(MODEL, family, 1, {"max_num_batched_tokens": 2048}, "0.11.2")
    assert (small["max_num_batched_tokens"], safe_frames(small, "0.11.2")) == (2048, 30)
    assert safe_frames(small, "0.16.0") is None
    assert engine_options(MODEL, family, 20, {}, "0.8.5")["max_num_batched_tokens"] >= 20 * 640


def test_engine_arguments_are_read_as_json_or_text() -> None:
    read = read_chosen(['limit-mm-per-prompt={"image": 2}', "--dtype=half", "enforce_eager=True", "max_model_len=2048"])
    assert read == {"limit_mm_per_prompt": {"image": 2}, "dtype": "half", "enforce_eager": True, "max_model_len": 2048}
    with pytest.raises(UsageError):
        read_chosen(["max_model_len"])

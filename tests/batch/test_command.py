"""The command, end to end against the demo server."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from PIL import Image

from minicpm_tui.batch.output.jsonl import Done
from minicpm_tui.batch.run.job import begin
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.testing import DemoServer, serving
from tests.batch.conftest import ASK, batch, fill_folder, png, results
from tests.media.counting import frames_of
from tests.media.making import clip

QUICK = DemoOptions(tokens_per_second=0, reply="A picture.")


def asked(server: DemoServer) -> list[str]:
    """The texts of all requests so far, sorted."""
    texts = []
    for body in server.chats:
        content = body["messages"][-1]["content"]
        texts.append(content if isinstance(content, str) else next(part["text"] for part in content if part["type"] == "text"))
    return sorted(texts)


def test_a_folder_is_described(pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving() as server:
        status = batch(pictures, "--prompt", "What is {name}?", "-o", output, "--url", server.url)
        assert asked(server) == [f"What is p{number:05}.png?" for number in range(5)]
        assert {body["temperature"] for body in server.chats} == {0.7}
    found = results(output)
    assert status == 0
    assert sorted(found) == [f"p{number:05}.png" for number in range(5)]
    assert all("8×6" in result.text and result.finish_reason == "stop" and result.usage for result in found.values())
    said = capfd.readouterr()
    assert said.out == ""
    assert "5" in said.err
    assert "\x1b" not in said.err


def test_a_bad_file_is_a_line_and_the_run_goes_on(pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (pictures / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    (pictures / "empty.png").touch()
    with serving(QUICK) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", server.url) == 1
        found = results(output)
        assert {name for name, result in found.items() if result.error} == {"bad.jpg", "empty.png"}
        assert "2 requests failed" in capfd.readouterr().err
        (pictures / "bad.jpg").write_bytes(png(1))
        (pictures / "empty.png").write_bytes(png(2))
        before = len(server.chats)
        assert batch(pictures, *ASK, "-o", output, "--url", server.url, "--resume") == 0
        assert len(server.chats) - before == 2
    assert [result.error for result in results(output).values()] == [None] * 7


@pytest.mark.parametrize(
    ("options", "flags", "said"),
    [
        (DemoOptions(tokens_per_second=0, reply=""), (), "5 answers are empty"),
        (DemoOptions(tokens_per_second=0, reply="a b c d e"), ("--max-tokens", "2"), "5 answers were cut off at the token limit"),
        (DemoOptions(tokens_per_second=0, reply="No.", faults=Faults(refuse=True)), (), "5 answers are refusals"),
        (
            DemoOptions(tokens_per_second=0, reply="a", faults=Faults(content_filter=True)),
            (),
            "5 answers were cut by a content filter",
        ),
    ],
)
def test_answers_that_are_none_are_counted(
    pictures: Path, output: Path, options: DemoOptions, flags: tuple[str, ...], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(options) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", server.url, *flags) == 0
    assert said in capfd.readouterr().err
    assert [result.ending.kind for result in results(output).values()].count("complete") == 0


def test_nothing_is_sent_before_the_whole_input_was_looked_at(tmp_path: Path, pictures: Path, output: Path) -> None:
    table = tmp_path / "in.jsonl"
    table.write_text('{"id": "a", "text": "x"}\n{"id": "b", "text": "x"}\n{"id": "a", "text": "y"}\n')
    with serving(QUICK) as server:
        assert batch(table, "-o", output, "--url", server.url) == 2
        assert batch(pictures, "--prompt", "{colour}", "-o", output, "--url", server.url) == 2
        assert batch(pictures, *ASK, tmp_path / "nowhere", "-o", output, "--url", server.url) == 2
        assert not server.requests
    assert not output.exists()


def test_an_output_is_gone_on_with_or_begun_anew(pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(QUICK) as server:
        run = (pictures, "-o", output, "--url", server.url)
        assert batch(*run, "--prompt", "Why?", "--resume") == 0
        assert batch(*run, "--prompt", "Why?") == 2
        assert batch(*run, "--prompt", "Why?", "--resume", "--overwrite") == 2
        assert len(server.chats) == 5
        assert batch(*run, "--prompt", "Why?", "--resume") == 0
        assert len(server.chats) == 5
        for changed in (
            ["--prompt", "How?"],
            ["--prompt", "Why?", "--temperature", "0.1"],
            ["--prompt", "Why?", "--no-thinking"],
        ):
            assert batch(*run, *changed, "--resume") == 2
        assert "prompts" in capfd.readouterr().err
        assert batch(*run, "--prompt", "How?", "--overwrite") == 0
        assert len(server.chats) == 10
    assert len(results(output)) == 5


@pytest.mark.parametrize(
    "taken",
    ["out.jsonl", "out.csv", "in/0.txt", "out.csv --resume", "in/0.txt --resume"],
    ids=lambda taken: taken.replace("/", "-"),
)
def test_what_is_there_is_named_whole_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], taken: str
) -> None:
    taken, *more = taken.split()
    monkeypatch.chdir(tmp_path)
    fill_folder(tmp_path / "in", 1)
    picture = next((tmp_path / "in").iterdir())
    path = tmp_path / taken.replace("0.txt", f"{picture.stem}.txt")
    path.write_text("mine")
    beside = ("--csv", "out.csv", "--sidecar", "txt", "--prompt", "Why?", "--url", "127.0.0.1:1")
    assert batch("in", "-o", "out.jsonl", *beside, *more) == 2
    assert str(path) in capfd.readouterr().err
    assert path.read_text() == "mine"


def test_a_run_killed_as_it_began_can_be_gone_on_with(pictures: Path, output: Path) -> None:
    output.touch()
    with serving(QUICK) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", server.url, "--resume") == 0
    assert len(results(output)) == 5


def test_what_is_already_answered_is_not_asked_again(pictures: Path, output: Path) -> None:
    with serving(QUICK) as server:
        run = (pictures, *ASK, "-o", output, "--url", server.url)
        assert batch(*run) == 0
        lines = output.read_bytes().splitlines(keepends=True)
        output.write_bytes(b"".join(lines[:3]) + lines[3][:20])
        assert batch(*run, "--resume") == 0
        assert len(server.chats) == 7
    assert len(results(output)) == 5


def test_files_made_for_run_batch_work_unchanged(tmp_path: Path, output: Path) -> None:
    def line(name: str, **change: object) -> dict[str, object]:
        body = {"model": QUICK.model, "max_tokens": 8, "messages": [{"role": "user", "content": "hello"}]}
        return {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body} | change

    bad_image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    lines = [
        line("r1"),
        line("bad-image", body={"model": QUICK.model, "messages": [{"role": "user", "content": [bad_image]}]}),
        line("bad-model", body={"model": "nope", "messages": [{"role": "user", "content": "x"}]}),
        line("bad-url", url="/v1/nothing"),
    ]
    table = tmp_path / "in.jsonl"
    table.write_text("".join(json.dumps(each) + "\n" for each in lines))
    with serving(QUICK) as server:
        assert batch(table, "-o", output, "--url", server.url, "--temperature", "0.3") == 1
        hello = next(body for body in server.chats if body["messages"][0]["content"] == "hello")
        assert hello == {**lines[0]["body"], "temperature": 0.3}  # type: ignore[dict-item]  # a JSON object
    found = results(output)
    assert {name for name, result in found.items() if result.error} == {"bad-image", "bad-model", "bad-url"}
    assert found["r1"].text == "A picture."


def test_the_sampling_is_sent_and_resuming_with_another_is_refused(
    pictures: Path, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(QUICK) as server:
        run = (
            pictures,
            *ASK,
            "-o",
            output,
            "--url",
            server.url,
            "--repetition-penalty",
            "1.05",
            "--top-k",
            "40",
            "--min-p",
            "0.1",
        )
        assert batch(*run, "--seed", "7") == 0
        sent = server.chats[0]
        assert (sent["repetition_penalty"], sent["top_k"], sent["min_p"], sent["seed"]) == (1.05, 40, 0.1, 7)
        capsys.readouterr()
        assert batch(*run, "--seed", "8", "--resume") == 2
        assert "was made with seed 7, but now it is 8" in capsys.readouterr().err


def test_several_pictures_and_a_system_prompt_of_a_line(tmp_path: Path, pictures: Path, output: Path) -> None:
    table = tmp_path / "in.jsonl"
    files = ["pictures/p00000.png", str(pictures / "p00001.png")]
    table.write_text(json.dumps({"id": "two", "text": "Compare.", "files": files, "system": "Be brief."}) + "\n")
    with serving() as server:
        assert batch(table, "-o", output, "--url", server.url) == 0
        (body,) = server.chats
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert [part["type"] for part in body["messages"][1]["content"]] == ["image_url", "image_url", "text"]
    assert "pictures in this conversation: **2**" in results(output)["two"].text


def test_two_clips_of_a_row_share_the_room_that_there_is(tmp_path: Path, output: Path) -> None:
    files = [clip(tmp_path / f"{name}.mp4", 60, rate=1).name for name in "ab"]
    table = tmp_path / "rows.jsonl"
    table.write_text(json.dumps({"id": "two", "text": "Compare.", "files": files}) + "\n")
    with serving(DemoOptions(tokens_per_second=0, max_model_len=4096)) as small:
        assert batch(table, "-o", output, "--url", small.url) == 0
        first, second = frames_of(small.chats[0])
    assert 8 <= first == second < 32


def test_what_is_not_sent_of_a_file_is_in_its_line(tmp_path: Path, output: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime")]
    frames[0].save(folder / "a.gif", save_all=True, append_images=frames[1:], duration=500)
    frames[0].save(folder / "b.tiff", save_all=True, append_images=frames[1:])
    still = DemoOptions(tokens_per_second=0, model="MiniCPM-Llama3-V-2_5")
    with serving(still) as old, serving() as new:
        assert batch(folder, *ASK, "-o", output, "--url", old.url) == 0
        assert batch(folder, *ASK, "-o", tmp_path / "moving.jsonl", "--url", new.url) == 0
    notes = {name: result.notes for name, result in results(output).items()}
    assert notes.keys() == {"a.gif", "b.tiff#page=1", "b.tiff#page=2"}
    assert "only its first frame" in str(notes["a.gif"])
    found = results(tmp_path / "moving.jsonl")
    assert "**2** frames" in found["a.gif"].text
    assert {result.notes for result in found.values()} == {UNSET}


def test_a_wrong_key_ends_the_run_at_once(pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(DemoOptions(tokens_per_second=0, api_key="secret")) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", server.url) == 1
        assert "MINICPM_TUI_API_KEY" in capfd.readouterr().err
        with serving(QUICK) as other:  # one of several refuses: said before anything is asked
            assert batch(pictures, *ASK, "-o", output, "--url", other.url, "--url", server.url) == 1
            assert not other.chats
    assert "MINICPM_TUI_API_KEY" in capfd.readouterr().err
    assert not output.exists()


def test_one_server_that_is_not_up_yet_is_said_and_the_others_work(
    pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(QUICK) as gone:
        nowhere = gone.url
    with serving(QUICK) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", nowhere, "--url", server.url) == 0
    assert nowhere in capfd.readouterr().err
    assert len(results(output)) == 5


def test_whoever_reads_stderr_may_go(pictures: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with serving(QUICK) as server, os.fdopen(writing, "w", buffering=1) as stderr:
        monkeypatch.setattr("sys.stderr", stderr)
        assert batch(pictures / "p00000.png", *ASK, "-o", output, "--url", server.url) == 0
        os.close(reading)
        (pictures / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
        assert batch(pictures, *ASK, "-o", output, "--url", server.url, "--resume") == 1
    assert sum(result.error is None for result in results(output).values()) == 6


@pytest.mark.parametrize("option", ["-o", "--csv"])
def test_an_input_is_never_written_over(tmp_path: Path, option: str, capfd: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "in.jsonl"
    table.write_text('{"id": "a", "text": "hello"}\n')
    (tmp_path / "link.jsonl").symlink_to(table)
    with serving(QUICK) as server:
        where = {"-o": tmp_path / "out.jsonl", "--csv": tmp_path / "out.csv", option: tmp_path / "link.jsonl"}
        flags = [part for pair in where.items() for part in pair]
        assert batch(table, *flags, "--overwrite", "--url", server.url) == 2
    assert table.read_text() == '{"id": "a", "text": "hello"}\n'
    assert "is also an input" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("lines", "status", "ids"), [("ab", 1, "ab"), ("abcde", 0, "abc"), ("abca", 0, "abc")], ids=["less", "more", "repeated"]
)
def test_an_input_that_changes_under_the_run(
    tmp_path: Path, output: Path, monkeypatch: pytest.MonkeyPatch, lines: str, status: int, ids: str
) -> None:
    table = tmp_path / "in.jsonl"

    def write(names: str) -> None:
        table.write_text("".join(f'{{"id": "{name}", "text": "hello"}}\n' for name in names))

    def begin_late(*arguments: Any, **named: Any) -> Done:
        write(lines)
        return begin(*arguments, **named)

    write("abc")
    monkeypatch.setattr("minicpm_tui.batch.run.start.begin", begin_late)
    with serving(QUICK) as server:
        assert batch(table, "-o", output, "--url", server.url) == status
    assert set(results(output)) == set(ids)


def test_the_demo_server_is_there_for_trying(pictures: Path, output: Path) -> None:
    assert batch(pictures, *ASK, "-o", output, "--demo") == 0
    assert len(results(output)) == 5


def test_a_file_that_breaks_its_decoder_is_a_line(pictures: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(spec: object, limits: object, **_more: object) -> None:
        raise RuntimeError("decoder bug")

    monkeypatch.setattr("minicpm_tui.media.prepare", broken)
    with serving(QUICK) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", server.url) == 1
    assert {result.error for result in results(output).values()} == {"RuntimeError: decoder bug"}


def test_stop_ids_that_the_server_does_not_know_are_left_out(pictures: Path, output: Path) -> None:
    with serving(DemoOptions(tokens_per_second=0, reply="A picture.", faults=Faults(no_stop_ids=True))) as server:
        assert batch(pictures, *ASK, "-o", output, "--url", server.url, "--concurrency", "1") == 0
        assert sum("stop_token_ids" in body for body in server.chats) == 1
        assert len(server.chats) == 6


def test_reasoning_is_kept_apart(pictures: Path, output: Path) -> None:
    with serving(DemoOptions(tokens_per_second=0, thinking="tags")) as server:
        assert batch(pictures / "p00000.png", *ASK, "-o", output, "--url", server.url, "--thinking") == 0
    (result,) = results(output).values()
    assert result.reasoning
    assert "<think>" not in result.text


def test_an_unwritable_place_is_one_line(pictures: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert batch(pictures, *ASK, "-o", tmp_path / "no" / "out.jsonl", "--url", "127.0.0.1:1") == 2
    assert batch(pictures, *ASK, "-o", os.devnull + "/x", "--url", "127.0.0.1:1") in {1, 2}
    assert "Traceback" not in capfd.readouterr().err

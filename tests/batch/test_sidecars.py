"""Answers beside their pictures: what somebody wrote by hand stays, whatever becomes of the run."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui import files
from minicpm_tui.batch.digests import DigestSet
from minicpm_tui.batch.output.sidecars import SidecarWriter
from minicpm_tui.batch.records import Item, Result, Row
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.files import give_name
from tests.batch.conftest import ASK, batch, fill_folder, png, results

HAND = "by hand\n"
ANSWER = "A picture.\n"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=0, reply=ANSWER.strip())) as demo:
        yield demo


def captions(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in sorted(folder.glob("*.txt"))}


def cut_last_line(output: Path) -> str:
    """As if the run had been killed between a sidecar and its line; the id that has no line now."""
    lines = output.read_bytes().splitlines(keepends=True)
    lost = str(json.loads(lines[-1])["id"])
    output.write_bytes(b"".join(lines[:-1]))
    return lost.removesuffix(".png")


def test_an_output_is_not_emptied_where_nothing_is_left_to_ask(
    server: DemoServer, pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = (pictures, *ASK, "-o", output, "--sidecar", "txt", "--url", server.url)
    assert batch(*run) == 0
    before = output.read_bytes()
    capfd.readouterr()
    assert batch(*run, "--overwrite", "--skip-existing") == 2
    assert "nothing is left to ask" in capfd.readouterr().err
    assert output.read_bytes() == before
    assert batch(*run, "--resume") == 0


@pytest.mark.parametrize("kind", ["txt", "caption", "json"])
def test_pictures_with_a_caption_are_left_out(
    server: DemoServer, pictures: Path, output: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("p00001", "p00003"):
        (pictures / f"{name}.{kind}").write_text(HAND)
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", kind)
    assert batch(*run) == 2
    assert "--skip-existing" in capfd.readouterr().err
    assert batch(*run, "--skip-existing") == 0
    assert "2 pictures are left out" in capfd.readouterr().err
    assert sorted(results(output)) == ["p00000.png", "p00002.png", "p00004.png"]
    assert [(pictures / f"p0000{number}.{kind}").read_text() == HAND for number in range(5)] == [False, True, False, True, False]


def test_going_on_leaves_captions_of_new_pictures(server: DemoServer, pictures: Path, output: Path) -> None:
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", "txt")
    assert batch(*run) == 0
    (pictures / "new.png").write_bytes(png(9))
    (pictures / "new.txt").write_text(HAND)
    (pictures / "p00000.txt").write_text("mended by hand\n")  # it is answered: nobody asks about it again
    assert batch(*run, "--resume") == 2
    assert batch(*run, "--resume", "--skip-existing") == 0
    assert captions(pictures) == {
        "new": HAND,
        "p00000": "mended by hand\n",
        **{f"p0000{number}": ANSWER for number in range(1, 5)},
    }


def test_a_sidecar_without_its_line_is_the_runs_own(server: DemoServer, pictures: Path, output: Path) -> None:
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", "txt")
    assert batch(*run) == 0
    cut_last_line(output)
    assert batch(*run, "--resume") == 0
    assert len(results(output)) == 5
    lost = cut_last_line(output)
    (pictures / f"{lost}.txt").write_text(HAND)
    assert batch(*run, "--resume") == 2
    assert batch(*run, "--resume", "--skip-existing") == 0
    assert captions(pictures)[lost] == HAND


def test_going_on_with_a_run_that_replaces(server: DemoServer, pictures: Path, output: Path) -> None:
    for path in tuple(pictures.glob("*.png")):
        path.with_suffix(".txt").write_text(HAND)
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", "txt")
    (pictures / "p00002.png").write_bytes(b"\xff\xd8\xff no picture")
    assert batch(*run, "--overwrite") == 1
    assert captions(pictures) == {f"p0000{number}": HAND if number == 2 else ANSWER for number in range(5)}
    (pictures / "p00002.png").write_bytes(png(2))
    assert batch(*run, "--resume") == 0
    assert captions(pictures)["p00002"] == ANSWER


def test_a_caption_written_during_the_run_stays(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(png(1))
    write = SidecarWriter(tmp_path / "out.jsonl", "txt", 1, DigestSet())
    picture.with_suffix(".txt").write_text(HAND)
    (result,) = write([Item("a.png", 0, "?", Row("a.png", (str(picture),)))], [Result(id="a.png", index=0, text="A picture.")])
    assert picture.with_suffix(".txt").read_text() == HAND
    assert result.notes == ("a.txt was already there and is kept",)
    assert write.told == {"kept": 1}


def test_two_pictures_with_one_sidecar_are_both_named(
    server: DemoServer, pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (pictures / "p00000.jpg").write_bytes(png(9))
    assert batch(pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", "txt") == 2
    said = capfd.readouterr().err
    assert "p00000.jpg" in said
    assert "p00000.png" in said
    assert "p00000.txt" in said


def test_pages_have_sidecars_of_their_own(server: DemoServer, tmp_path: Path, output: Path) -> None:
    folder = fill_folder(tmp_path / "in", 0)
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(folder / "scan.tiff", save_all=True, append_images=frames[1:])
    prompts = ("--prompt", "What?", "--prompt", "Why?")
    assert batch(folder, *prompts[:2], "-o", output, "--url", server.url, "--sidecar", "txt") == 0
    assert list(captions(folder)) == ["scan.p001", "scan.p002", "scan.p003"]
    assert batch(folder, *prompts, "-o", tmp_path / "o2.jsonl", "--url", server.url, "--sidecar", "txt") == 0
    assert "scan.p002.2" in captions(folder)


def test_captions_are_read_into_the_prompt_and_get_their_trigger_word(
    server: DemoServer, pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = (pictures, "--prompt", "Shorten: {caption}", "-o", output, "--url", server.url, "--sidecar", "caption")
    (pictures / "p00000.txt").write_text("a long caption\n")
    assert batch(*run) == 2
    assert "p00001.png has no caption beside it" in capfd.readouterr().err
    for path in tuple(pictures.glob("*.png")):
        path.with_suffix(".txt").write_text("a long caption\n")
    assert batch(*run, "--prefix", "sks, ", "--suffix", ", photo") == 0
    assert server.chats[-1]["messages"][-1]["content"][-1]["text"] == "Shorten: a long caption"
    assert {path.read_text() for path in pictures.glob("*.caption")} == {"sks, A picture., photo\n"}
    assert batch(*run, "--resume", "--prefix", "other") == 2


def test_skipping_needs_sidecars(pictures: Path, output: Path) -> None:
    assert batch(pictures, *ASK, "-o", output, "--url", "127.0.0.1:1", "--skip-existing") == 2
    assert batch(pictures, *ASK, "-o", output, "--url", "127.0.0.1:1", "--sidecar", "json", "--prefix", "x") == 2


def test_an_empty_answer_gets_no_sidecar_and_a_cut_one_is_told(
    pictures: Path, output: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    beside = ("--sidecar", "txt", "--prefix", "sks, ")
    with serving(DemoOptions(tokens_per_second=0, reply=" ")) as empty:
        assert batch(pictures, *ASK, "-o", output, "--url", empty.url, *beside) == 0
    assert captions(pictures) == {}
    assert "no sidecars are written for 5 empty answers" in capfd.readouterr().err
    with serving(DemoOptions(tokens_per_second=0, reply="a b c d e")) as cut:
        run = (pictures, *ASK, "-o", tmp_path / "cut.jsonl", "--url", cut.url, *beside, "--max-tokens", "2")
        assert batch(*run) == 0
    assert len(captions(pictures)) == 5
    assert "5 sidecars hold answers that were cut off" in capfd.readouterr().err


def test_going_on_writes_the_sidecars_that_are_not_there(
    server: DemoServer, pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run = (pictures, *ASK, "-o", output, "--url", server.url)
    assert batch(*run) == 0
    (pictures / "p00002.txt").write_text(HAND)
    asked = len(server.chats)
    assert batch(*run, "--resume", "--sidecar", "txt") == 0
    assert "4 missing sidecars are written" in capfd.readouterr().err
    assert captions(pictures) == {f"p0000{number}": HAND if number == 2 else ANSWER for number in range(5)}
    assert len(server.chats) == asked
    assert batch(*run, "--resume", "--sidecar", "txt") == 0
    assert "missing" not in capfd.readouterr().err


def test_answers_about_pictures_that_are_no_files_are_told(
    server: DemoServer, pictures: Path, output: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with tarfile.open(tmp_path / "in.tar", "w") as tar:
        tar.add(pictures / "p00000.png", "a.png")
    assert batch(tmp_path / "in.tar", *ASK, "-o", output, "--url", server.url, "--sidecar", "txt") == 0
    before, _, after = capfd.readouterr().err.partition("1 answered")
    assert "1 request will have no sidecar" in before
    assert "no sidecar is written for 1 answer" in after


def renaming_all_but_captions(finished: Path, path: Path, *, overwrite: bool) -> None:
    """As if the run had been killed before the renaming of each caption."""
    if path.suffix != ".txt":
        give_name(finished, path, overwrite=overwrite)


def test_what_a_killed_run_leaves_beside_a_picture_is_gone_after_the_next(
    server: DemoServer, pictures: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", "txt")
    with monkeypatch.context() as killed:
        killed.setattr(files, "give_name", renaming_all_but_captions)
        assert batch(*run) == 0
    assert captions(pictures) == {}
    assert len(list(pictures.glob(".*"))) == 5
    cut_last_line(output)
    assert batch(*run, "--resume") == 0
    assert len(captions(pictures)) == 5
    assert list(pictures.glob(".*")) == []


def test_what_is_replaced_though_no_run_wrote_it_is_counted(
    server: DemoServer, pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def said(*more: str) -> str:
        batch(pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", "txt", *more)
        return capfd.readouterr().err

    for name in ("p00000", "p00002", "p00003"):
        (pictures / f"{name}.txt").write_text(HAND)
    (pictures / "p00003.png").write_bytes(b"\xff\xd8\xff no picture")
    assert "2 sidecars that no run of this output had written were replaced" in said("--overwrite")
    assert "1 request failed" in (again := said("--overwrite"))
    assert "were replaced" not in again
    (pictures / "p00003.png").write_bytes(png(3))
    assert "1 sidecar that no run of this output had written was replaced" in said("--resume")
    (pictures / "p00001.txt").write_text("mended by hand\n")
    assert "1 sidecar that no run of this output had written was replaced" in said("--overwrite")
    assert captions(pictures) == {f"p0000{number}": ANSWER for number in range(5)}


def test_a_folder_in_the_place_of_a_sidecar_is_called_one(
    server: DemoServer, pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (pictures / "p00001.txt").mkdir()
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", "txt")
    for more in ([], ["--overwrite"]):
        assert batch(*run, *more) == 2
        assert f"{pictures / 'p00001.txt'} is a folder — choose another kind of --sidecar" in capfd.readouterr().err
    assert not output.exists()


def test_a_link_that_leads_nowhere_is_a_sidecar_like_others(
    server: DemoServer, pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    link = pictures / "p00001.txt"
    link.symlink_to(pictures / "gone")
    run = (pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", "txt")
    asked = len(server.chats)
    assert batch(*run) == 2
    assert "--overwrite replaces" in capfd.readouterr().err
    assert len(server.chats) == asked
    assert batch(*run, "--overwrite") == 0
    assert "1 sidecar that no run of this output had written was replaced" in capfd.readouterr().err
    assert not link.is_symlink()
    assert captions(pictures) == {f"p0000{number}": ANSWER for number in range(5)}


@pytest.mark.parametrize(
    ("caption", "reason"),
    [(b" \n", "empty"), ("caf\u00e9".encode("latin-1"), "not UTF-8"), (b"a" * 1_000_001, "longer than 1,000,000 bytes")],
    ids=["empty", "latin-1", "long"],
)
def test_why_a_caption_is_none_is_said(
    pictures: Path, output: Path, caption: bytes, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = pictures / "p00000.caption"
    path.write_bytes(caption)
    assert batch(pictures, "--prompt", "{caption}", "-o", output, "--url", "127.0.0.1:1") == 2
    assert f"{path} is no caption: it is {reason}" in capfd.readouterr().err

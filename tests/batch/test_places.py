"""Where a run may write, and what it goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicpm_tui.batch.run.job import locked
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.errors import StorageError
from minicpm_tui.files import storage_errors
from tests.batch.conftest import ASK, batch, fill_folder, results

QUICK = DemoOptions(tokens_per_second=0, reply="A picture.")


def test_going_on_with_another_input_is_refused(tmp_path: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one, other = fill_folder(tmp_path / "one", 1), fill_folder(tmp_path / "other", 2)
    with serving(QUICK) as server:
        run = (*ASK, "-o", output, "--url", server.url)
        assert batch(one, *run) == 0
        capfd.readouterr()
        assert batch(other, *run, "--resume") == 2
        said = capfd.readouterr().err
        assert f"was made from {one}, but now the input is {other}" in said
        assert len(results(output)) == 1
        assert batch(f"{one}/", *run, "--resume") == 0
        assert batch(one, other / "p00001.png", *run, "--resume") == 0
        assert len(results(output)) == 2
        one.rename(tmp_path / "moved")
        assert batch(tmp_path / "moved", other / "p00001.png", *run, "--resume") == 0
        assert len(server.chats) == 2


def test_one_run_writes_an_output_whoever_began_it(
    tmp_path: Path, pictures: Path, output: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(QUICK) as server:
        run = (pictures, *ASK, "-o", output, "--url", server.url)
        with locked(output):
            monkeypatch.setenv("MINICPM_TUI_HOME", str(tmp_path / "another"))
            assert batch(*run) == 1
            assert "being written by another run" in capfd.readouterr().err
            assert not output.exists()
        assert batch(*run) == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".lock")] == []


@pytest.mark.parametrize("option", ["-o", "--csv"])
def test_stdout_is_no_output(
    pictures: Path, tmp_path: Path, option: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert batch(pictures, *ASK, "-o", "out.jsonl", option, "-", "--demo") == 2
    assert "go to a file" in capfd.readouterr().err
    assert not (tmp_path / "-").exists()


def test_who_cannot_write_is_told_what_helps(home: Path, tmp_path: Path) -> None:
    for path, helps in ((tmp_path / "out.jsonl", False), (home / "state" / "x", True)):
        with pytest.raises(StorageError) as caught, storage_errors(path):
            raise PermissionError(13, "Permission denied")
        assert ("MINICPM_TUI_HOME" in caught.value.hint) is helps
        assert "check the permissions" in caught.value.hint


def test_options_are_named_as_they_are_given(pictures: Path, output: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(QUICK) as server:
        run = (pictures, *ASK, "-o", output, "--url", server.url, "--sidecar", "txt")
        assert batch(*run) == 0
        assert batch(*run, "--resume", "--prefix", "sks") == 2
    said = capfd.readouterr().err
    assert "made with --prefix, --suffix" in said
    assert "around" not in said

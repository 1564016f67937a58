"""Options without effect are refused before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.batch.conftest import ASK, batch


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--raw-csv"], "--raw-csv works only with --csv"),
        (["--options", ""], "--options is empty"),
        (["--expect", ""], "--expect is empty"),
        (["--match", "exact"], "--match and --group-by work only with --expect"),
        (["--url", ""], "--url is empty"),
        (["--url", "a", "--url", ""], "--url is empty"),
        (["--model", ""], "--model is empty"),
        (["--offline", ""], "--offline is empty"),
        (["--offline", "m", "--actors", "2"], "--actors works only with --ray"),
        (["--offline", "m", "--concurrency", "2"], "--concurrency is for servers"),
        (["--demo", "--file-column", "a"], "--file-column: no input has columns"),
        (["--demo", "--text-column", "a"], "--text-column: no input has columns"),
        (["--demo", "--id-column", "a"], "--id-column: no input has columns"),
    ],
)
def test_an_option_without_effect_is_refused(
    pictures: Path, output: Path, options: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert batch(pictures, *ASK, "-o", output, *options) == 2
    assert said in capfd.readouterr().err
    assert not output.exists()

"""``ask`` where a gateway takes few bytes at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.cli.main import run
from minicpm_tui.demo.options import Faults
from minicpm_tui.demo.testing import DemoServer


def test_pictures_are_made_smaller_and_that_is_said(
    server: DemoServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = tmp_path / "noise.png"
    Image.effect_noise((300, 300), 80).save(noise)
    server.set_faults(Faults(most_bytes=50_000))
    assert run(["ask", "--url", server.url, "-f", str(noise), "What is it?"]) == 0
    captured = capsys.readouterr()
    assert "picture" in captured.out
    assert "sent again with smaller pictures" in captured.err
    assert "noise.png: made smaller" in captured.err
    assert run(["ask", "--url", server.url, "--continue", "And now?"]) == 0
    assert "smaller" not in capsys.readouterr().err

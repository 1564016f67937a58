"""What the installer of the real vLLM does to files that are not its own."""

from __future__ import annotations

import os
from pathlib import Path

from tests.real_vllm.install.__main__ import give_operators


def test_the_same_file_in_the_installers_cache_stays_as_it_is(tmp_path: Path) -> None:
    cached, installed = tmp_path / "cached.py", tmp_path / "extension.py"
    cached.write_text("import torch\n")
    os.link(cached, installed)
    give_operators(installed)
    assert cached.read_text() == "import torch\n"
    assert "torch.library.Library" in installed.read_text()


def test_operators_that_a_cache_holds_already_are_given_once(tmp_path: Path) -> None:
    extension = tmp_path / "extension.py"
    extension.write_text("import torch\n")
    give_operators(extension)
    once = extension.read_text()
    extension.write_text(once + once.removeprefix("import torch\n"))
    give_operators(extension)
    assert extension.read_text() == once

"""Every test gets folders of its own, an empty stdin, no settings of the developer and no keys of another test."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from minicpm_tui import i18n, redaction


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that drive the program in a terminal are no unit tests."""
    for item in items:
        if isinstance(item, pytest.Function) and "Terminal" in vars(item.module):
            item.add_marker(pytest.mark.terminal)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``MINICPM_TUI_HOME`` of this test; keys, proxies and language of the environment are gone."""
    for name in list(os.environ):
        if name.startswith(("MINICPM_TUI_", "VLLM_", "OPENAI_", "NO_COLOR")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setattr(i18n, "_language", None)
    monkeypatch.setattr(redaction, "_known", frozenset())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    folder = tmp_path / "home"
    monkeypatch.setenv("MINICPM_TUI_HOME", str(folder))
    return folder

"""A mistake of ours ends the program with one line, whatever else goes wrong."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.types import CSSPathType

from minicpm_tui import crash
from minicpm_tui.config import load
from minicpm_tui.ui.app.app_base import AppBase
from minicpm_tui.ui.kit.start_options import Launch


class _Unlucky(AppBase):
    CSS_PATH: ClassVar[CSSPathType] = []

    def keep_draft(self) -> None:
        "\udcff".encode()


def _unlucky(error: BaseException) -> str:
    raise RuntimeError


@pytest.mark.parametrize(("record", "said"), [(crash.record, "Internal error: ValueError: first"), (_unlucky, "ValueError")])
async def test_it_ends_although_the_draft_cannot_be_kept(
    record: object, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crash, "record", record)
    app = _Unlucky(Launch(load({})))
    async with app.run_test():
        app.fail(ValueError("first"))
    assert app.return_code == 1
    assert f"minicpm-tui: {said}" in capsys.readouterr().err

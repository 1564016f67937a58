"""``ask --schema``: JSON is asked for, and what comes is checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.cli.ask_output import Output
from minicpm_tui.cli.main import run
from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from minicpm_tui.messages import ABORT, End

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.fixture
def schema(tmp_path: Path) -> str:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return str(path)


def asked(reply: str, schema: str, *words: str) -> tuple[int, list[dict[str, Any]]]:
    with serving(DemoOptions(tokens_per_second=0, reply=reply)) as server:
        return run(["ask", "--url", server.url, "--schema", schema, *words, "How many?"]), server.chats


@pytest.mark.parametrize("reply", ['{"n": 3}', 'Here:\n```json\n{"n": 3}\n```'])
def test_an_answer_that_fits(reply: str, schema: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, chats = asked(reply, schema, "--json")
    printed = json.loads(capsys.readouterr().out)
    assert (status, printed["data"], "warning" in printed) == (0, {"n": 3}, False)
    assert chats[-1]["response_format"]["json_schema"]["schema"] == SCHEMA


def test_one_that_does_not_is_shown_said_and_exit_status_one(schema: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _chats = asked('{"n": "three"}', schema)
    captured = capsys.readouterr()
    assert status == 1
    assert captured.out == '{"n": "three"}\n'
    assert "does not fit the schema" in captured.err
    assert asked("three", schema, "--json")[0] == 1
    printed = json.loads(capsys.readouterr().out)
    assert (printed["text"], printed["data"], printed["warning"]["kind"]) == ("three", None, "schema")


def test_a_reply_that_was_stopped_is_not_called_unfit() -> None:
    output = Output()
    output.check = lambda _text: (None, "no JSON")
    output.ended(End(ABORT))
    assert not output.unfit
    output.ended(End("stop"))
    assert output.unfit


def test_a_schema_that_is_none_is_refused_before_anything_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "no.json"
    path.write_text('{"type": 3}')
    status, chats = asked("x", str(path))
    assert (status, chats) == (2, [])
    assert "not a JSON schema" in capsys.readouterr().err

"""Inside the program an error names keys, whatever the shell would be told."""

from __future__ import annotations

import re

import pytest

from minicpm_tui.backends.failures import failure_of
from minicpm_tui.chat.connect import choose
from minicpm_tui.config import load
from minicpm_tui.errors import ErrorInfo, MinicpmTuiError, ServerUnreachable
from minicpm_tui.ui.kit.error_line import error_line


def said(hint: str) -> str:
    return error_line(ErrorInfo("backend", "It failed", "here", hint))


def test_a_server_that_wants_a_key_names_the_key_that_takes_one() -> None:
    refused = failure_of(401, b'{"error": {"message": "Unauthorized"}}', url="http://box:8000", key_sent=False).error
    assert error_line(refused.info) == "The server refuses the API key: http://box:8000 — F4 enters its API key"


def test_without_a_server_keys_are_named(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINICPM_TUI_URL", raising=False)
    with pytest.raises(ServerUnreachable) as none:
        choose(load({}))
    line = error_line(none.value.info)
    assert "F3" in line
    assert "F4" in line
    assert not re.search(r"--[a-z]|minicpm-tui ", line)


@pytest.mark.parametrize(
    ("hint", "keys"),
    [
        ("choose one with --model: a, b", "F4"),
        ("lower --max-tokens", "F5"),
        ("wait until it is ready: minicpm-tui servers logs 7 -f", "F3"),
        ("minicpm-tui servers lists them", "F3"),
        ("there is no such folder; minicpm-tui doctor lists the models on this disk", "F3"),
        ("`minicpm-tui sessions list` shows the ids", "^S"),
        ("set it, or choose another one with --api-key-env", "F4"),
    ],
)
def test_what_the_shell_would_be_told_is_a_key_here(hint: str, keys: str) -> None:
    line = said(hint)
    assert keys in line
    assert not re.search(r"--[a-z]|minicpm-tui ", line)


def test_options_of_vllm_say_where_they_are_set() -> None:
    hint = "begin a new chat, or start the server with a larger --max-model-len"
    assert said(hint) == f"It failed: here — {hint} (F3, then o)"


def test_other_hints_stay() -> None:
    assert said("check the address") == "It failed: here — check the address"
    assert str(MinicpmTuiError("x")) == error_line(MinicpmTuiError("x").info)

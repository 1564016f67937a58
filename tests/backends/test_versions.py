"""What five versions of vLLM were heard to say on the wire is understood alike. Recorded 2026-11-28, shortened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui import errors
from minicpm_tui.backends.failures import failure_of
from minicpm_tui.backends.reply import ReplyReader
from minicpm_tui.messages import Delta

VERSIONS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("versions.json").read_text(encoding="utf-8"))
"""By version: the lines of a stream (without most of its middle), and refusals with their status."""
URL = "http://gpu:8000"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_stream_is_a_reply_with_its_usage(version: str) -> None:
    body = "\n\n".join(VERSIONS[version]["stream"]).encode() + b"\n\n"
    reader = ReplyReader(0.0)
    deltas = [*reader.feed(body), *(each for each in reader.finish() if isinstance(each, Delta))]
    end = reader.end()
    assert {delta.kind for delta in deltas} == {"content"}
    assert "".join(delta.text for delta in deltas)
    assert (end.error, end.finish_reason) == (None, "length")
    assert end.usage is not None
    assert end.usage.prompt_tokens > 0


@pytest.mark.parametrize(
    ("field", "versions"), [("reasoning_content", "up to 0.11.0"), ("reasoning", "from 0.16"), ("both", "0.11.2 to 0.14.1")]
)
def test_reasoning_is_read_under_its_names(field: str, versions: str) -> None:
    names = ["reasoning", "reasoning_content"] if field == "both" else [field]
    delta = {"content": None} | dict.fromkeys(names, "I wonder.")
    chunks = [
        {"choices": [{"index": 0, "delta": each, "finish_reason": reason}]} for each, reason in ((delta, None), ({}, "stop"))
    ]
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    reader = ReplyReader(0.0)
    deltas = [*reader.feed(body.encode()), *(each for each in reader.finish() if isinstance(each, Delta))]
    assert [(each.kind, each.text) for each in deltas] == [("reasoning", "I wonder.")], versions


REFUSED = [(version, name) for version, found in VERSIONS.items() for name in found["errors"]]
EXPECTED: dict[str, tuple[type[errors.BackendError], str]] = {
    "toomany": (errors.TooManyMedia, "it takes 5 pictures"),
    "badimgurl": (errors.BackendError, ""),
    "vturn2": (errors.ServerFailed, "Expected code to be unreachable"),
}


@pytest.mark.parametrize(("version", "name"), REFUSED)
def test_a_recorded_refusal_is_explained_whatever_its_form(version: str, name: str) -> None:
    recorded = VERSIONS[version]["errors"][name]
    failure = failure_of(recorded["status"], recorded["body"].encode(), url=URL, key_sent=True)
    kind, words = EXPECTED[name]
    assert isinstance(failure.error, kind)
    assert words in str(failure.error)
    assert not str(failure.error).rstrip().endswith("None")
    if name == "vturn2":
        assert not failure.explained, "a bare uuid that is not taken must be sent again with its bytes"

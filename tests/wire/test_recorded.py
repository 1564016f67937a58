"""The demo server against what a real vLLM 0.32 answered to the same requests (``recorded/``, one exchange a file)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from minicpm_tui.demo.testing import serving
from tests.wire.conftest import TINY
from tests.wire.support import Target, frames, picture, video_file

EXCHANGES = {path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "recorded").glob("*.json"))}
UNCACHED = "44b-uuid-null-cache0"


def expanded(value: Any, model: str) -> Any:
    """A recorded request with its media, of which the fixtures have only a description, and the target's model."""
    if isinstance(value, dict):
        return {key: expanded(inner, model) for key, inner in value.items()}
    if isinstance(value, list):
        return [expanded(inner, model) for inner in value]
    if not isinstance(value, str) or not value.startswith("$"):
        return value.replace("MODEL", model) if isinstance(value, str) else value
    kind, *rest = value[1:].split(" ", 2) if value.startswith("$repeat") else value[1:].split()
    if kind == "repeat":
        return rest[1] * int(rest[0])
    numbers = [int(number) for number in rest]
    makers: dict[str, Callable[..., str]] = {"picture": picture, "frames": frames, "video": video_file}
    return makers[kind](*numbers)


def ask(target: Target, request: dict[str, Any]) -> httpx2.Response:
    """Send a recorded request."""
    key = request.get("key", target.key)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if "raw" in request:
        body: dict[str, Any] = {"content": request["raw"]}
        headers["content-type"] = "application/json"
    else:
        body = {"json": expanded(request["json"], target.model)} if "json" in request else {}
    return httpx2.request(request["method"], target.url + request["path"], headers=headers, timeout=60, **body)


def shape(value: Any) -> Any:
    """Keys and types of a JSON value; lists by their first entry."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_demo_answers_as_vllm_did(target: Target, name: str) -> None:
    request, recorded = EXCHANGES[name]["request"], EXCHANGES[name]["response"]
    if name.startswith("21") and "first" not in name:
        ask(target, EXCHANGES["21-uuid-first"]["request"])
        ask(target, EXCHANGES["21i-vid-uuid"]["request"])
    if name == UNCACHED:
        with serving(msgspec.structs.replace(TINY, cache_items=0)) as server:
            answer = ask(Target.at(server.url, server.key, server.model), request)
    else:
        answer = ask(target, request)
    assert answer.status_code == recorded["status"]
    assert answer.headers.get("content-type") == recorded["content_type"]
    if "events" in recorded:
        check_events([line.removeprefix("data: ") for line in answer.text.splitlines() if line], recorded["events"])
    elif "json" in recorded:
        check_body(answer.json(), expanded(recorded["json"], target.model), answer.status_code)


def check_body(body: Any, recorded: Any, status: int) -> None:
    """An error must be the same word for word; a success of the same shape, its texts and ids are its own."""
    if status >= 400 and "Input length" in str(recorded):
        assert "Input length" in body["error"]["message"]
        assert {**body["error"], "message": ""} == {**recorded["error"], "message": ""}
    elif status >= 400:
        assert body == recorded
    else:
        assert list(body) == list(recorded)
        assert shape(body) == shape(recorded)


def check_events(events: list[str], recorded: list[Any]) -> None:
    """The first, a middle and the last chunks must have the recorded ones' shape."""
    assert (events[-1], recorded[-1]) == ("[DONE]", "[DONE]")
    chunks = [json.loads(event) for event in events[:-1]]
    tail = len(recorded) - 3
    assert [shape(chunk) for chunk in chunks[:2]] == [shape(chunk) for chunk in recorded[:2]]
    assert [shape(chunk) for chunk in chunks[-tail:]] == [shape(chunk) for chunk in recorded[2:-1]]

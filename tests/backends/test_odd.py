"""Replies that are odd but complete, and errors of every shape."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui import errors
from minicpm_tui.backends import followed
from minicpm_tui.backends.failures import failure_of
from minicpm_tui.backends.reply import ReplyReader
from minicpm_tui.errors import ServerFailed
from minicpm_tui.messages import Delta, End, Usage
from minicpm_tui.redaction import know

DONE = b"data: [DONE]\n\n"


def event(value: object) -> bytes:
    return b"data: " + (value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()) + b"\n\n"


def choice(**fields: object) -> bytes:
    return event({"choices": [{"index": 0, **fields}]})


HELLO, STOP = choice(delta={"content": "Hello"}), choice(delta={}, finish_reason="stop")


HALF = event(b'{"choices": [{"delta": {"content": "\\ud83d"}}]}')


def read(*pieces: bytes) -> tuple[str, str, End]:
    """Content, reasoning and end."""
    reader = ReplyReader(time.monotonic())
    deltas = [delta for piece in pieces for delta in reader.feed(piece)]
    deltas += [each for each in reader.finish() if isinstance(each, Delta)]
    texts = {kind: "".join(each.text for each in deltas if each.kind == kind) for kind in ("content", "reasoning")}
    return texts["content"], texts["reasoning"], reader.end()


OTHER = event({"choices": [{"index": 1, "delta": {"content": "other"}}]})


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([HELLO, event({"choices": None}), STOP], "Hello"),
        ([HELLO, event(None), STOP], "Hello"),
        ([HELLO, event({"choices": [None, 7]}), STOP], "Hello"),
        ([HELLO, choice(delta=None, finish_reason="stop")], "Hello"),
        ([HELLO, DONE], "Hello"),
        ([HELLO, b"data: [DONE] \n\n"], "Hello"),
        ([choice(delta={"content": [{"type": "text", "text": "He"}, "llo"]}), STOP], "Hello"),
        ([choice(delta="Hello"), STOP], "Hello"),
        ([choice(text="Hello"), STOP], "Hello"),
        ([choice(message={"content": "Hello"}, finish_reason="stop")], "Hello"),
        ([HELLO, choice(message={"content": "Hello"}, finish_reason="stop")], "Hello"),
        ([b"\xef\xbb\xbf" + HELLO, STOP], "Hello"),
        ([HELLO.replace(b"\n", b"\r"), STOP.replace(b"\n", b"\r")], "Hello"),
        ([HELLO.replace(b"\n", b"\r\n")[:-1], b"\n" + STOP], "Hello"),
        ([b"\0" * 500 + HELLO, STOP], "Hello"),
        ([event(b'{"choices": [{"delta": {"content": "caf\xe9"}}]}'), STOP], "caf\ufffd"),
        ([HALF, event(b'{"choices": [{"delta": {"content": "\\ude00!"}}]}'), STOP], "😀!"),
        ([HALF, HELLO, STOP], "\ufffdHello"),
        ([event(b'{"choices": [{"delta": {"content": "x"}, "logprobs": NaN}]}'), STOP], "x"),
        ([event(b'{"choices": [{"delta": {"content": "a\tb"}}]}'), STOP], "a\tb"),
        (
            [event({"choices": [{"index": 1, "delta": {"content": "Hello"}}, {"index": 2, "delta": {"content": "No"}}]}), DONE],
            "Hello",
        ),
        ([OTHER, OTHER, HELLO, OTHER, STOP], "Hello"),
        ([OTHER, OTHER, event({"choices": [{"index": 2, "delta": {"content": "No"}}]}), DONE], "otherother"),
        ([OTHER, event({"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]})], "other"),
        ([choice(delta={"role": "assistant", "content": ""}), OTHER, STOP, DONE], "other"),
        ([HELLO, event({"choices": [], "extra": "x"}), STOP], "Hello"),
    ],
)
def test_an_odd_reply_is_an_answer(pieces: list[bytes], text: str) -> None:
    said, _thought, end = read(*pieces)
    assert (said, end.error) == (text, None)
    assert end.finish_reason == "stop"


def test_another_version_is_read_as_it_comes_when_the_first_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = ReplyReader(time.monotonic())
    assert list(reader.feed(OTHER)) == []
    assert reader.answering
    monkeypatch.setattr(followed, "PATIENCE_SECONDS", -1.0)
    assert [event.text for event in reader.feed(OTHER)] == ["other", "other"]
    assert [event.text for event in reader.feed(OTHER + HELLO)] == ["other"]


@pytest.mark.parametrize("broken", [b"", event({"error": {"message": "no room"}})])
def test_another_version_that_breaks_off_is_kept(broken: bytes) -> None:
    reader = ReplyReader(time.monotonic())
    texts: list[str] = []

    with pytest.raises(ServerFailed):  # after what came before
        texts.extend(each.text for each in itertools.chain(reader.feed(OTHER + broken), reader.finish()))
    assert texts == ["other"]


@pytest.mark.parametrize(
    ("reason", "kept"), [({"type": "length", "matched": 1}, "length"), (2, "stop"), ({}, "stop"), ("x" * 500, "x" * 39 + "…")]
)
def test_a_finish_reason_of_any_shape_ends_the_reply(reason: object, kept: str) -> None:
    assert read(HELLO, choice(delta={}, finish_reason=reason))[2].finish_reason == kept


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        (None, None),
        ({}, None),
        ("none", None),
        ({"prompt_tokens": 10.0, "completion_tokens": "3", "total_tokens": None}, Usage(10, 3)),
        ({"prompt_tokens": 10, "completion_tokens": -1}, Usage(10, 0)),
        ({"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": []}, Usage(10, 3)),
        ({"prompt_tokens": 1e400, "completion_tokens": 3}, Usage(0, 3)),
        ({"prompt_tokens": 10**30, "completion_tokens": 3}, Usage(1 << 40, 3)),
    ],
)
def test_counts_are_read_as_far_as_they_go(usage: object, counted: Usage | None) -> None:
    text, _thought, end = read(HELLO, STOP, event({"choices": [], "usage": usage}), DONE)
    assert (text, end.usage) == ("Hello", counted)


@pytest.mark.parametrize(
    "delta", [{"thinking": "hm"}, {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}]
)
def test_reasoning_is_found_by_every_name(delta: dict[str, object]) -> None:
    assert read(choice(delta=delta), HELLO, STOP)[:2] == ("Hello", "hm")


def test_a_chunk_nested_thousands_deep_is_passed_over() -> None:
    deep = event(b'{"choices": [], "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}")
    assert read(HELLO, deep, STOP)[0] == "Hello"


@pytest.mark.parametrize(
    "error",
    [
        {"object": "error", "message": "boom", "code": 500},
        {"message": "boom", "type": "server_error"},
        {"error": "boom"},
        {"error": {"message": "boom", "code": None}},
        {"detail": "boom"},
    ],
)
def test_an_error_of_any_shape_in_the_middle_is_said(error: object) -> None:
    reader = ReplyReader(time.monotonic())
    list(reader.feed(HELLO))
    with pytest.raises(errors.ServerFailed, match="boom"):
        list(reader.feed(event(error)))


def test_a_reply_without_end_is_given_up() -> None:
    reader = ReplyReader(time.monotonic())
    with pytest.raises(errors.ServerFailed, match="the reply has more than"):
        list(reader.feed(choice(delta={"content": "x" * 100_000}) * 100))


SHAPES = json.loads((Path(__file__).parent / "error_shapes.json").read_text())
"""Status, body, and the error with some of its words, for errors as various servers write them."""


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["words"][:30])
def test_an_error_of_any_shape_is_explained(shape: dict[str, Any]) -> None:
    error = failure_of(shape["status"], json.dumps(shape["body"]).encode(), url="http://h:1", key_sent=True).error
    assert type(error).__name__ == shape["kind"]
    assert shape["words"] in str(error)


@pytest.mark.parametrize(
    "body",
    [
        {"object": "error", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'stop_token_ids'), 'msg': 'Extra inputs'}]"},
        {"detail": [{"loc": ["body", "stop_token_ids"], "msg": "Extra inputs are not permitted"}]},
        {"error": {"message": "openai does not support parameters: ['stop_token_ids']"}},
    ],
)
def test_stop_ids_are_recognised_in_every_shape(body: object) -> None:
    assert failure_of(400, json.dumps(body).encode(), url="", key_sent=False).about_stop_ids


def test_an_error_with_bytes_that_are_no_text_or_cut_off_has_its_words() -> None:
    assert "caf\ufffd" in str(failure_of(400, b'{"error":{"message":"caf\xe9"}}', url="", key_sent=False).error)
    cut = b'{"error":{"message":"too much \\"of it\\"","input":"' + b"A" * 100
    assert 'too much "of it"' in str(failure_of(400, cut, url="", key_sent=False).error)
    assert "HTTP 400" in str(failure_of(400, b"[" * 100_000, url="http://h:1", key_sent=False).error)


def test_an_error_repeats_neither_the_key_nor_a_picture() -> None:
    know("sk-secret-of-this-test")
    body = {"error": {"message": "Incorrect API key: sk-secret-of-this-test data:image/png;base64," + "A" * 5000}}
    assert str(failure_of(400, json.dumps(body).encode(), url="", key_sent=True).error).endswith(
        "key: *** data:image/png;base64,…"
    )
    page = b"<html>Bearer sk-secret-of-this-test</html>"
    assert "sk-secret" not in str(failure_of(500, page, url="", key_sent=True).error)

"""Bytes of a reply become events, however they are cut."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.backends.reasoning import ThinkSplitter
from minicpm_tui.backends.reply import ReplyReader
from minicpm_tui.errors import BackendError
from minicpm_tui.messages import Delta, End, Usage


def line(**fields: object) -> bytes:
    return b"data: " + json.dumps(fields, ensure_ascii=False).encode() + b"\n\n"


def delta(finish: str | None = None, **fields: str) -> bytes:
    return line(choices=[{"index": 0, "delta": fields, "finish_reason": finish}])


START, STOP, DONE = delta(role="assistant", content=""), delta("stop", content=""), b"data: [DONE]\n\n"
USAGE = line(choices=[], usage={"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}})


def read(pieces: Iterable[bytes], *, thinking: bool = False) -> tuple[str, str, End]:
    """Content, reasoning and end of the reply that comes in ``pieces``."""
    reader = ReplyReader(time.monotonic(), thinking=thinking)
    deltas = [event for piece in pieces for event in reader.feed(piece)]
    deltas += [event for event in reader.finish() if isinstance(event, Delta)]
    texts = {kind: "".join(event.text for event in deltas if event.kind == kind) for kind in ("content", "reasoning")}
    return texts["content"], texts["reasoning"], reader.end()


def cut(data: bytes, at: Iterable[int]) -> Iterator[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in at)})
    return (data[start:end] for start, end in pairwise(edges))


CUTS = st.lists(st.integers(0, 10_000), max_size=12)


@given(CUTS)
def test_cuts_change_nothing(places: list[int]) -> None:
    data = START + b": keep-alive\n\n" + delta(content="你好 🌍") + delta(content=" <b>") + STOP + USAGE + DONE
    content, reasoning, end = read(cut(data, places))
    assert (content, reasoning) == ("你好 🌍 <b>", "")
    assert (end.finish_reason, end.usage, end.error) == ("stop", Usage(9, 2, 4), None)


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_carriage_returns_and_a_missing_done_are_fine(newline: bytes) -> None:
    data = (START + delta(content="hi") + STOP).replace(b"\n", newline).rstrip()
    assert read([data])[0] == "hi"


def test_reasoning_in_its_own_field() -> None:
    assert read([START, delta(reasoning="hm"), delta(reasoning_content="m"), delta(content="yes"), STOP])[:2] == ("yes", "hmm")


def test_an_error_in_the_middle_ends_the_reply_with_its_words() -> None:
    error = line(error={"message": "EngineCore encountered an issue.", "type": "InternalServerError", "code": 500})
    reader = ReplyReader(time.monotonic())
    assert [event.text for event in reader.feed(START + delta(content="so far"))] == ["so far"]
    with pytest.raises(BackendError, match="start the server again"):
        list(reader.feed(error))


def test_an_error_instead_of_a_reply_is_a_refusal() -> None:
    reader = ReplyReader(time.monotonic())
    error = line(error={"message": "no", "code": 400})
    assert not list(reader.feed(START + error + DONE))
    assert reader.refusal is not None
    assert reader.refusal[0] == 400
    assert not reader.answering


@pytest.mark.parametrize("garbage", [b"data: <html>\n\n", b"data: {\n\n", b"data: \xff\n\n", b"data: 7\n\n"])
def test_garbage_is_said(garbage: bytes) -> None:
    with pytest.raises(BackendError, match="not part of a reply"):
        read([garbage])


def test_garbage_without_end_is_given_up() -> None:
    with pytest.raises(BackendError, match="not part of a reply"):
        list(ReplyReader(time.monotonic()).feed(b"data: <html>\n\n" * 200))


def test_a_stream_that_ends_early_is_said() -> None:
    with pytest.raises(BackendError, match="broke off"):
        read([START, delta(content="half")])


def test_a_server_that_stops_by_itself_did_not_finish() -> None:
    assert read([START, delta("abort", content="half"), DONE])[2].error is not None


def think(pieces: Iterable[str], *, expected: bool = False, finish: str = "stop") -> tuple[str, str]:
    splitter = ThinkSplitter(expected=expected)
    found = [pair for piece in pieces for pair in splitter.feed(piece)] + splitter.finish(finish)
    return "".join(text for kind, text in found if kind == "content"), "".join(
        text for kind, text in found if kind == "reasoning"
    )


@pytest.mark.parametrize(
    ("text", "expected", "content", "reasoning"),
    [
        ("plain", False, "plain", ""),
        ("<think>\nhm\n</think>\n\nyes", False, "yes", "\nhm\n"),
        ("\n <think>hm</think>yes", False, "yes", "hm"),
        ("</think>\n\nyes", False, "yes", ""),
        ("hm\n</think>\n\nyes", True, "yes", "hm\n"),
        ("<think>hm</think>yes", True, "yes", "hm"),
        ("an answer\n</think>\nmore", False, "an answer\nmore", ""),
        ("an answer\n<think>\nhm\n</think>\nmore", False, "an answer\n<think>\nhm\n</think>\nmore", ""),
        ("the tag `<think>` and `</think>`", False, "the tag `<think>` and `</think>`", ""),
        ("a < b <thin", False, "a < b <thin", ""),
        ("<think>never closed", False, "", "never closed"),
        ("", True, "", ""),
    ],
)
@given(places=CUTS)
def test_reasoning_in_tags_is_found_however_it_is_cut(
    text: str, expected: bool, content: str, reasoning: str, places: list[int]
) -> None:
    pieces = [piece.decode() for piece in cut(text.encode(), places)]
    assert think(pieces, expected=expected) == (content, reasoning)


def test_an_answer_that_only_looked_like_reasoning_is_not_lost() -> None:
    assert think(["just ", "an answer"], expected=True) == ("just an answer", "just an answer")
    assert think(["still thinking"], expected=True, finish="length") == ("", "still thinking")


@given(st.lists(st.text("<>/think\n ab", max_size=8), max_size=8), st.booleans())
def test_no_text_is_lost(pieces: list[str], expected: bool) -> None:
    content, reasoning = think(pieces, expected=expected, finish="length")
    kept = "".join((content + reasoning).split())
    whole = "".join("".join(pieces).split())
    for tag in ("<think>", "</think>"):
        kept, whole = kept.replace(tag, ""), whole.replace(tag, "")
    assert sorted(kept) == sorted(whole)

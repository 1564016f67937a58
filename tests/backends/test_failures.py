"""Every refusal that a real server was heard to give becomes one clear line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui import errors
from minicpm_tui.backends.failures import failure_of

REFUSALS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("refusals.json").read_text(encoding="utf-8"))
"""Status and body of vLLM 0.32's answers."""

URL = "http://gpu:8000"
EXPECTED: dict[str, tuple[type[errors.BackendError], str]] = {
    "stop_ids": (errors.RequestRejected, "Vocabulary size: 384"),
    "badkey": (errors.AuthenticationFailed, "MINICPM_TUI_API_KEY"),
    "unknown_model": (errors.ModelNotFound, "nope"),
    "too_long_text": (errors.ContextExceeded, "36108 characters, the model takes 2048 tokens"),
    "maxtok_too_big": (errors.ContextExceeded, "lower --max-tokens"),
    "img_too_long": (errors.ContextExceeded, "2687 tokens, the model takes 2048"),
    "too_many_images": (errors.TooManyMedia, "it takes 5 pictures"),
    "corrupt_image": (errors.RequestRejected, "attach it again"),
    "trunc_png": (errors.RequestRejected, "attach it again"),
    "bad_b64": (errors.RequestRejected, "attach it again"),
    "no_scheme": (errors.RequestRejected, "check the address"),
    "file_url": (errors.RequestRejected, "--allowed-local-media-path"),
    "bad_json": (errors.RequestRejected, "JSON decode error"),
    "missing_messages": (errors.RequestRejected, "Field required"),
    "bad_temp": (errors.RequestRejected, "change temperature"),
    "404": (errors.NotAServer, "check the host and port"),
    "405": (errors.NotAServer, "check the host and port"),
    "empty_messages": (errors.RequestRejected, "at least one message"),
    "audio": (errors.TooManyMedia, "At most 0 audio"),
    "video64": (errors.ContextExceeded, "2146 tokens, the model takes 2048"),
    "video64_nf": (errors.RequestRejected, "--trust-request-mm-kwargs"),
    "video_x3": (errors.TooManyMedia, "it takes 2 videos"),
    "video_corrupt": (errors.RequestRejected, "attach it again"),
    "uuid_unknown": (errors.MediaCacheMiss, "Cache miss"),
    "http_404": (errors.RequestRejected, "check the address"),
    "http_refused": (errors.RequestRejected, "check the address"),
    "http_noname": (errors.RequestRejected, "check the address"),
    "path_as_model": (errors.ModelNotFound, "--model: MiniCPM-V-2_6"),
    "file_outside": (errors.RequestRejected, "--allowed-local-media-path"),
    "file_missing": (errors.RequestRejected, "--allowed-local-media-path"),
    "domain_blocked": (errors.RequestRejected, "check the address"),
    "mmproc_kw": (errors.ServerFailed, "start the server again"),
    "uuid_null_cache0": (errors.RequestRejected, "Failed to apply"),
    "nocv2_video": (errors.ServerFailed, "opencv-python-headless"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_recorded_refusal_becomes_one_clear_line(name: str) -> None:
    recorded = REFUSALS[name]
    failure = failure_of(recorded["status"], recorded["body"].encode(), url=URL, key_sent=True)
    kind, words = EXPECTED[name]
    line = str(failure.error)
    assert type(failure.error) is kind
    assert words in line
    assert len(line.splitlines()) == 1
    assert len(line) < 500


def test_only_reasons_nobody_knows_may_be_about_a_uuid() -> None:
    unexplained = {
        name
        for name, each in REFUSALS.items()
        if not failure_of(each["status"], each["body"].encode(), url=URL, key_sent=True).explained
    }
    assert unexplained == {"bad_json", "missing_messages", "empty_messages", "uuid_null_cache0"}
    reached = failure_of(500, b'{"error":{"message":"Expected code to be unreachable, but got: None"}}', url=URL, key_sent=True)
    assert not reached.explained


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, b'{"error":"Unauthorized"}', errors.AuthenticationFailed, "no key was sent"),
        (404, b"<html><title>nginx</title></html>", errors.NotAServer, "HTTP 404"),
        (307, b"", errors.NotAServer, "HTTP 307"),
        (502, b"<html>Bad Gateway</html>", errors.ServerFailed, "a gateway answers"),
        (413, b"<html>too large</html>", errors.RequestTooLarge, "#n="),
        (503, b'{"error":{"message":"no room"}}', errors.ServerOverloaded, "no room"),
        (429, b"slow down", errors.ServerOverloaded, "HTTP 429"),
        (500, b"Internal Server Error", errors.ServerFailed, "HTTP 500 Internal Server Error"),
        (400, b'{"error":{"message":null}}', errors.NotAServer, "HTTP 400"),
        (400, b"[]", errors.NotAServer, "HTTP 400"),
        (400, b"\xff\xfe", errors.NotAServer, "HTTP 400"),
    ],
)
def test_other_answers_become_clear_lines_too(status: int, body: bytes, kind: type[errors.BackendError], words: str) -> None:
    error = failure_of(status, body, url=URL, key_sent=False).error
    assert type(error) is kind
    assert words in str(error)


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (400, {"error": {"message": "min_p must be in [0, 1], got 3.0.", "param": None}}, "change min_p"),
        (400, {"error": {"message": "Unrecognized request argument supplied: top_k"}}, "does not take top_k"),
        (
            400,
            {"error": {"message": "Unknown parameter: 'repetition_penalty'.", "param": "repetition_penalty"}},
            "does not take repetition_penalty",
        ),
        (
            422,
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
            "does not take seed",
        ),
    ],
)
def test_a_sampling_setting_that_is_refused_is_named(status: int, body: dict[str, Any], hint: str) -> None:
    failure = failure_of(status, json.dumps(body).encode(), url=URL, key_sent=True)
    assert type(failure.error) is errors.RequestRejected
    assert hint in failure.error.hint
    assert failure.explained


def test_control_characters_of_a_server_do_not_reach_the_line() -> None:
    error = failure_of(400, b'{"error":{"message":"bad \\u001b[31m red\\nline"}}', url=URL, key_sent=False).error
    assert "\x1b" not in str(error)
    assert "\n" not in str(error)


def test_a_limit_is_learned_from_a_refusal() -> None:
    recorded = REFUSALS["too_many_images"]
    failure = failure_of(recorded["status"], recorded["body"].encode(), url=URL, key_sent=True)
    assert (failure.limit_kind, failure.limit) == ("image", 5)


def test_a_page_that_came_through_a_proxy_names_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://user:secret@proxy:3128")
    line = failure_of(404, b"<html>", url=URL, key_sent=False).error.info.line()
    assert "http://proxy:3128" in line
    assert "NO_PROXY" in line
    assert "secret" not in line
    assert "proxy" not in failure_of(404, b"<html>", url="http://127.0.0.1:8000", key_sent=False).error.info.line()


TOO_LONG = "This model's maximum context length is 4096 tokens. However, "


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            "you requested 30030 tokens (30022 in the messages, 8 in the completion). Please reduce",
            "30022 tokens, the model takes 4096",
        ),
        (
            "you requested 30022 tokens in the messages, Please reduce the length of the messages.",
            "30022 tokens, the model takes 4096",
        ),
        ("your request has 30022 input tokens. Please reduce the length of the input messages. None", "30022 tokens, the model"),
        (
            "you requested 0 output tokens and your prompt contains at least 4097 input tokens, for",
            "at least 4097 tokens, the model",
        ),
        (
            "your prompt contains at least 4097 input tokens, which exceeds this limit",
            "at least 4097 tokens, the model takes 4096",
        ),
        ("your prompt contains 36108 characters (more than 26624 characters", "36108 characters, the model takes 4096 tokens"),
        (
            "you requested 3000 output tokens and your prompt contains 2000 input tokens, for",
            "2000 tokens and asks for a reply of 3000",
        ),
        ("you requested 5000 tokens (2000 in the messages, 3000 in the completion).", "2000 tokens and asks for a reply of 3000"),
    ],
)
def test_a_context_that_is_too_short_is_told_with_the_right_numbers(said: str, words: str) -> None:
    body = json.dumps({"error": {"message": TOO_LONG + said, "type": "BadRequestError", "code": 400}}).encode()
    error = failure_of(400, body, url=URL, key_sent=True).error
    assert isinstance(error, errors.ContextExceeded)
    assert words in str(error)


def test_a_cause_that_there_is_not_is_not_shown() -> None:
    body = b'{"error":{"message":"Something else went wrong. None","type":"BadRequestError","code":400}}'
    error = failure_of(400, body, url=URL, key_sent=True).error
    assert error.message == "Something else went wrong."

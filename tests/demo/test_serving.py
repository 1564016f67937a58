"""The server around the answers: its record, its pace, thinking, limits of length."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.demo.options import DemoOptions
from tests.demo.conftest import Client
from tests.wire.support import image, user

QUESTION = user(words="Describe it")
THINK = {"enable_thinking": True}


def kinds(client: Client) -> tuple[str, str]:
    """Reasoning and content of a streamed, thinking reply."""
    reasoning = content = ""
    for line in client.post(QUESTION, stream=True, chat_template_kwargs=THINK).text.splitlines():
        if line.startswith("data: {"):
            delta = json.loads(line.removeprefix("data: "))["choices"][0]["delta"]
            reasoning += delta.get("reasoning", "")
            content += delta.get("content", "")
    return reasoning, content


def test_thoughts_come_before_the_answer(shared: Client) -> None:
    reasoning, content = kinds(shared)
    assert reasoning.startswith("The question has 11 characters")
    assert content.startswith("## What the demo server sees")


@pytest.mark.parametrize(
    ("options", "beginning"),
    [
        (DemoOptions(tokens_per_second=0, thinking="tags"), "<think>\nThe question has"),
        (DemoOptions(tokens_per_second=0, thinking="stray"), "The question has"),
    ],
    ids=["tags", "stray"],
)
def test_thoughts_can_be_left_in_the_content(client: Client, beginning: str) -> None:
    reasoning, content = kinds(client)
    assert reasoning == ""
    assert content.startswith(beginning)
    assert "</think>\n\n## What" in content


def test_without_the_switch_there_are_no_thoughts(shared: Client) -> None:
    assert shared.post(QUESTION).json()["choices"][0]["message"]["reasoning"] is None


def test_requests_are_recorded_as_they_arrived(client: Client) -> None:
    client.http.get("/v1/models")
    client.post(QUESTION, temperature=0.5)
    models, chat = client.server.requests
    assert (models.method, models.path, models.size) == ("GET", "/v1/models", 0)
    assert chat.json == {"messages": [QUESTION], "temperature": 0.5}
    assert chat.size == int(chat.headers["content-length"])
    assert client.server.chats == [chat.json]


@pytest.mark.parametrize("options", [DemoOptions(tokens_per_second=0, reply="One\n\ntwo 三四 `five`")])
def test_a_given_reply_is_told_as_it_is(client: Client) -> None:
    assert client.text(QUESTION) == "One\n\ntwo 三四 `five`"
    streamed = client.post(QUESTION, stream=True).text
    pieces = [json.loads(line[6:]) for line in streamed.splitlines() if line.startswith("data: {")]
    assert "".join(piece["choices"][0]["delta"]["content"] for piece in pieces) == "One\n\ntwo 三四 `five`"


@pytest.mark.parametrize("options", [DemoOptions(tokens_per_second=0, max_model_len=100)])
def test_a_reply_ends_where_the_context_ends(client: Client) -> None:
    body = client.post(QUESTION).json()
    assert body["usage"]["total_tokens"] == 100
    assert body["choices"][0]["finish_reason"] == "length"


def test_a_file_is_read_where_that_is_allowed(client: Client, tmp_path: Path) -> None:
    allowed, outside = tmp_path / "allowed", tmp_path / "outside.png"
    allowed.mkdir()
    for path in (allowed / "a.png", outside):
        Image.new("RGB", (33, 22)).save(path)
    client.server.configure(allowed_local_media_path=str(allowed))
    assert "33×22" in client.text(user(image((allowed / "a.png").as_uri()), words="?"))
    refused = client.post(user(image(outside.as_uri()), words="?"))
    missing = client.post(user(image((allowed / "b.png").as_uri()), words="?"))
    assert (refused.status_code, missing.status_code) == (400, 500)
    words = "The file path <path> must be a subpath of `--allowed-local-media-path <path>`."
    assert refused.json()["error"]["message"] == words
    assert missing.json()["error"]["message"] == "[Errno 2] No such file or directory: '<path>'"


def test_a_picture_on_the_web_is_fetched(client: Client) -> None:
    """From the server itself: a path that is not there is the web's 404."""
    answer = client.post(user(image(f"{client.server.url}/nope.png"), words="?"))
    assert answer.status_code == 422
    assert "Failed to fetch media from URL: HTTP 404 error" in answer.json()["error"]["message"]


def test_a_web_server_that_is_not_there(shared: Client) -> None:
    answer = shared.post(user(image("http://127.0.0.1:9/a.png"), words="?"))
    assert answer.status_code == 500
    assert answer.json()["error"]["message"].startswith("Cannot connect to host 127.0.0.1:9 ssl:default [")

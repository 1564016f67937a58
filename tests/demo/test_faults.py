"""What goes wrong on request."""

from __future__ import annotations

import itertools
import json

import httpx2
import pytest

from minicpm_tui.demo.options import DemoOptions, Faults
from tests.demo.conftest import Client
from tests.waiting import wait_for
from tests.wire.support import frames, image, picture, user, video

QUESTION = user(words="Describe it")


def test_a_dropped_reply_breaks_off(client: Client) -> None:
    client.server.set_faults(Faults(drop_after=5))
    with pytest.raises(httpx2.RemoteProtocolError):
        client.post(QUESTION, stream=True)
    assert client.server.finished["abort"] == 1


def test_a_stalled_reply_falls_silent_until_the_client_leaves(client: Client) -> None:
    client.server.set_faults(Faults(stall_after=3))
    body = {"messages": [QUESTION], "stream": True}
    with client.http.stream("POST", "/v1/chat/completions", json=body, timeout=1) as answer:
        lines = filter(None, answer.iter_lines())
        assert len(list(itertools.islice(lines, 4))) == 4
        assert client.server.running == 1
        with pytest.raises(httpx2.ReadTimeout):
            next(lines)
    wait_for(lambda: client.server.running == 0)


def test_an_error_in_the_stream_has_vllms_shape(client: Client) -> None:
    client.server.set_faults(Faults(error_after=2))
    events = [line for line in client.post(QUESTION, stream=True).text.splitlines() if line]
    error = json.loads(events[-2].removeprefix("data: "))["error"]
    assert (error["type"], error["code"], events[-1]) == ("InternalServerError", 500, "data: [DONE]")
    assert len(events) == 1 + 2 + 2


def test_nonsense_comes_between_good_chunks(client: Client) -> None:
    client.server.set_faults(Faults(nonsense_after=1))
    assert "data: {nonsense\n\n" in client.post(QUESTION, stream=True).text


def test_the_end_mark_can_be_missing(client: Client) -> None:
    client.server.set_faults(Faults(no_done=True))
    text = client.post(QUESTION, stream=True).text
    assert "[DONE]" not in text
    assert '"finish_reason":"stop"' in text


def test_comments_between_the_chunks(client: Client) -> None:
    client.server.set_faults(Faults(comments=True))
    assert "\n\n: keep-alive\n\n" in client.post(QUESTION, stream=True).text


def test_unavailable_for_a_while(client: Client) -> None:
    client.server.set_faults(Faults(unavailable=2))
    assert [client.post(QUESTION).status_code for _attempt in range(3)] == [503, 503, 200]


def test_any_status_can_be_demanded(client: Client) -> None:
    client.server.set_faults(Faults(status=429))
    answer = client.post(QUESTION)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, 429)


def test_a_web_site_that_is_no_api(client: Client) -> None:
    client.server.set_faults(Faults(not_an_api=True))
    answer = client.http.get("/v1/models")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")


@pytest.mark.parametrize("stream", [True, False])
def test_another_content_type(client: Client, stream: bool) -> None:
    client.server.set_faults(Faults(content_type="text/html"))
    assert client.post(QUESTION, stream=stream).headers["content-type"].startswith("text/html")


def test_a_dead_engine(client: Client) -> None:
    client.server.set_faults(Faults(engine_dead=True))
    assert client.http.get("/health").status_code == 503
    answer = client.post(QUESTION)
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "InternalServerError")


def test_stop_ids_can_be_refused(client: Client) -> None:
    client.server.set_faults(Faults(no_stop_ids=True))
    assert client.post(QUESTION, stop_token_ids=[151645]).json()["error"]["param"] == "stop_token_ids"
    assert client.post(QUESTION).status_code == 200


def test_a_video_by_uuid_alone_can_fail_as_in_an_older_vllm(client: Client) -> None:
    assert client.post(user(video(frames(2), uuid="v"), words="?")).status_code == 200
    client.server.set_faults(Faults(no_video_uuid=True))
    answer = client.post(user(video(None, uuid="v"), words="?"))
    assert (answer.status_code, answer.json()["error"]["message"]) == (500, "Expected code to be unreachable, but got: None")


def test_media_can_be_forgotten(client: Client) -> None:
    assert client.post(user(image(picture(20, 20), uuid="p"), words="?")).status_code == 200
    assert client.post(user(image(None, uuid="p"), words="?")).status_code == 200
    client.server.forget_media()
    assert "Cache miss" in client.post(user(image(None, uuid="p"), words="?")).json()["error"]["message"]


@pytest.mark.parametrize("options", [DemoOptions(tokens_per_second=0, cache_items=2)])
def test_newer_media_push_older_ones_out(client: Client) -> None:
    for name in "abc":
        assert client.post(user(image(picture(20, 20), uuid=name), words="?")).status_code == 200
    assert client.post(user(image(None, uuid="c"), words="?")).status_code == 200
    assert "Cache miss" in client.post(user(image(None, uuid="a"), words="?")).json()["error"]["message"]

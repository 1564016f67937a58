"""Numbers that move: waiting, cached, aborted."""

from __future__ import annotations

import threading

import pytest

from minicpm_tui.demo.options import DemoOptions, Faults
from tests.demo.conftest import Client
from tests.waiting import wait_for
from tests.wire.support import image, picture, user

FIRST = user(image(picture(640, 480)), words="What is there?")


@pytest.mark.parametrize("options", [DemoOptions(tokens_per_second=0, max_num_seqs=1)])
def test_a_request_waits_while_all_seats_are_taken(client: Client) -> None:
    client.server.set_faults(Faults(stall_after=0))
    body = {"messages": [FIRST], "stream": True}
    with client.http.stream("POST", "/v1/chat/completions", json=body):
        wait_for(lambda: client.metric("vllm:num_requests_running") == 1)
        client.server.set_faults(Faults())
        second = threading.Thread(target=client.post, args=(FIRST,))
        second.start()
        wait_for(lambda: client.metric("vllm:num_requests_waiting") == 1)
    second.join()
    assert client.metric("vllm:num_requests_waiting") == 0
    assert client.server.finished == {"stop": 1, "length": 0, "abort": 1, "error": 0, "repetition": 0}


@pytest.mark.parametrize("options", [DemoOptions(tokens_per_second=0, prompt_tokens_details=True)])
def test_a_conversation_that_goes_on_hits_the_prefix_cache(client: Client) -> None:
    first = client.post(FIRST).json()["usage"]
    answer = {"role": "assistant", "content": "A red one."}
    second = client.post(FIRST, answer, user(words="And now?")).json()["usage"]
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert 180 <= second["prompt_tokens_details"]["cached_tokens"] < first["prompt_tokens"]
    assert client.metric("vllm:prefix_cache_hits_total") == second["prompt_tokens_details"]["cached_tokens"]


def test_another_picture_is_another_beginning(client: Client) -> None:
    client.post(FIRST)
    client.post(user(image(picture(640, 480, "blue")), words="What is there?"))
    assert client.metric("vllm:prefix_cache_hits_total") == 0


def test_the_times_of_a_request_are_observed(client: Client) -> None:
    client.post(FIRST)
    for name in (
        "time_to_first_token",
        "e2e_request_latency",
        "request_prefill_time",
        "request_decode_time",
        "request_queue_time",
    ):
        assert client.metric(f"vllm:{name}_seconds_count") == 1

"""What a conversation becomes on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.messages import ImagePart, Message, Part, RequestOptions, RequestProfile, Role, Source, TextPart, VideoPart
from minicpm_tui.messages.request import BREAK, break_placeholders, build_request

PROFILE = RequestProfile(stop_token_ids=(7, 8), temperature=0.7, top_p=0.8, placeholders=("(<image>./</image>)", "<|image_pad|>"))
PICTURE = ImagePart("cat.jpg", "a" * 64, 10, 20)


def message(role: Role, *parts: Part | str, reasoning: str = "") -> Message:
    content = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    return Message("id", None, role, content, "2026-01-01T00:00:00Z", reasoning=reasoning)


def body(*path: Message, profile: RequestProfile = PROFILE, **options: Any) -> dict[str, Any]:
    return dict(build_request(path, profile, RequestOptions(model="m", **options)).body)


def test_defaults_are_the_profiles_and_nothing_else() -> None:
    assert body(message("user", "hello")) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.7,
        "top_p": 0.8,
        "stop_token_ids": [7, 8],
    }


def test_the_users_options_go_before_the_profiles() -> None:
    sent = body(message("user", "hi"), temperature=0.0, top_p=0.5, max_tokens=9, system="Be brief.")
    assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.0, 0.5, 9)
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("default", "wish", "sent"), [(False, None, False), (True, None, True), (True, False, False), (False, True, True)]
)
def test_thinking_is_always_said_to_families_that_know_it(default: bool, wish: bool | None, sent: bool) -> None:
    profile = RequestProfile(knows_thinking=True, thinks_by_default=default)
    assert body(message("user", "hi"), profile=profile, thinking=wish)["chat_template_kwargs"] == {"enable_thinking": sent}
    assert "chat_template_kwargs" not in body(message("user", "hi"), thinking=True)


def test_media_are_slots_in_their_order_and_hold_no_bytes() -> None:
    video = VideoPart("clip.mp4", source=Source(url="https://example.org/clip.mp4"))
    request = build_request((message("user", PICTURE, video, "compare"),), PROFILE, RequestOptions())
    assert request.media == (PICTURE, video)
    rendered = request.render(lambda part: {"name": part.name})
    assert rendered["messages"][0]["content"] == [{"name": "cat.jpg"}, {"name": "clip.mp4"}, {"type": "text", "text": "compare"}]


def test_reasoning_is_not_sent_back() -> None:
    sent = body(message("user", "a"), message("assistant", "b", reasoning="secret"), message("user", "c"))
    assert sent["messages"][1] == {"role": "assistant", "content": "b"}


def test_a_reply_without_text_is_left_out_and_both_questions_stay() -> None:
    sent = body(message("user", PICTURE, "what is it"), message("assistant", reasoning="cut off"), message("user", "well?"))
    assert [each["role"] for each in sent["messages"]] == ["user"]
    assert sent["messages"][0]["content"] == [PICTURE, {"type": "text", "text": "what is it"}, {"type": "text", "text": "well?"}]


def test_placeholders_of_the_user_stay_text() -> None:
    sent = body(message("user", "look: (<image>./</image>)", PICTURE), system="<|image_pad|>")
    assert sent["messages"][0]["content"] == f"<{BREAK}|image_pad|>"
    assert sent["messages"][1]["content"][0]["text"] == f"look: ({BREAK}<image>./</image>)"


@given(st.text(alphabet="<|image_pd>./()", max_size=60), st.lists(st.text("<|image_pd>./()", min_size=2, max_size=9), max_size=3))
def test_no_placeholder_is_left_and_the_text_looks_the_same(text: str, placeholders: list[str]) -> None:
    broken = break_placeholders(text, placeholders)
    assert not any(placeholder in broken for placeholder in placeholders)
    assert broken.replace(BREAK, "") == text


PARTS = st.one_of(st.builds(TextPart, st.text(max_size=5)), st.just(PICTURE))
MESSAGES = st.builds(
    lambda role, parts, reasoning: message(role, *parts, reasoning=reasoning),
    st.sampled_from(["system", "user", "assistant"]),
    st.lists(PARTS, max_size=3),
    st.text(max_size=3),
)


@given(st.lists(MESSAGES, max_size=8), st.text(max_size=4))
def test_roles_alternate_and_the_user_has_the_last_word(path: list[Message], system: str) -> None:
    request = build_request(path, PROFILE, RequestOptions(system=system))
    roles = [each["role"] for each in request.body["messages"]]
    turns = [role for role in roles if role != "system"]
    assert "system" not in roles[1:]
    assert turns == ["user" if index % 2 == 0 else "assistant" for index in range(len(turns))]
    assert not turns or turns[-1] == "user"
    assert all(each["content"] for each in request.body["messages"])

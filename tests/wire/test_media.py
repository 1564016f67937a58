"""Pictures and videos: what they cost, how often they are sent, and what is wrong with them."""

from __future__ import annotations

import json
import re
import secrets

import pytest

from tests.wire.support import LIMITS, MAX_MODEL_LEN, Target, encoded, frames, image, picture, text, video, video_file

TOO_LONG = re.compile(r"Input length \((\d+)\) exceeds model's maximum context length \(2048\)\.")


def message_of(target: Target, *content: object, status: int = 400) -> str:
    """The message of the error that a request gets."""
    answer = target.post(*content)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"] == status
    assert isinstance(error["message"], str)
    return error["message"]


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(320, 240, 69), (448, 448, 69), (640, 480, 201), (1024, 768, 334), (1280, 720, 466), (1920, 1080, 598), (1, 1, 69)],
)
def test_a_picture_costs_what_its_slices_cost(target: Target, width: int, height: int, tokens: int) -> None:
    """66 tokens a slice, 3 for its number, 1 for each new row; and the line end that the template puts after it."""
    assert target.prompt_tokens(image(picture(width, height)), text("hi")) == target.prompt_tokens("hi") + tokens + 1


def test_pictures_add_up(target: Target) -> None:
    both = target.prompt_tokens(image(picture(64, 64)), image(picture(64, 65)), text("hi"))
    assert both == target.prompt_tokens("hi") + 2 * 70


@pytest.mark.parametrize("count", [1, 3, 8])
def test_a_frame_costs_66_tokens_whatever_its_size(target: Target, count: int) -> None:
    plain = target.prompt_tokens("hi")
    assert target.prompt_tokens(video(frames(count)), text("hi")) == plain + 66 * count + 1
    assert target.prompt_tokens(video(frames(count, 640, 480)), text("hi")) == plain + 66 * count + 1


def test_a_video_file_is_seen_frame_by_frame(target: Target) -> None:
    assert target.prompt_tokens(video(video_file(8)), text("hi")) == target.prompt_tokens("hi") + 66 * 8 + 1


@pytest.mark.parametrize("url", [frames(40), video_file(40)], ids=["frames", "file"])
def test_frames_past_the_32nd_are_dropped_silently(target: Target, url: str) -> None:
    found = TOO_LONG.fullmatch(message_of(target, video(url), text("hi")))
    assert found is not None
    assert int(found.group(1)) == target.prompt_tokens("hi") + 66 * 32 + 1


def test_a_picture_and_a_video_go_together(target: Target) -> None:
    both = target.prompt_tokens(image(picture(64, 64)), video(frames(3)), text("hi"))
    assert both == target.prompt_tokens("hi") + 70 + 66 * 3 + 1


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_a_picture_is_taken_for_what_its_bytes_say(target: Target, form: str) -> None:
    assert target.post(image(f"data:image/png;base64,{encoded(40, 30, form=form)}"), text("?")).status_code == 200


def test_a_uuid_stands_for_the_bytes_that_came_with_it(target: Target) -> None:
    name = secrets.token_hex(8)
    whole = target.prompt_tokens(image(picture(640, 480), uuid=name), text("hi"))
    assert target.prompt_tokens(image(None, uuid=name), text("hi")) == whole
    assert target.prompt_tokens({"type": "image_url", "image_url": {}, "uuid": name}, text("hi")) == whole


def test_the_first_bytes_of_a_uuid_stay_its_meaning(target: Target) -> None:
    name = secrets.token_hex(8)
    small = target.prompt_tokens(image(picture(64, 64), uuid=name), text("hi"))
    assert target.prompt_tokens(image(picture(640, 480), uuid=name), text("hi")) == small


def test_a_video_has_a_uuid_too(target: Target) -> None:
    name = secrets.token_hex(8)
    whole = target.prompt_tokens(video(frames(4), uuid=name), text("hi"))
    assert target.prompt_tokens(video(None, uuid=name), text("hi")) == whole


@pytest.mark.parametrize("kind", ["image", "video"])
def test_a_uuid_that_the_server_does_not_know(target: Target, kind: str) -> None:
    part = {"type": f"{kind}_url", f"{kind}_url": None, "uuid": secrets.token_hex(8)}
    assert message_of(target, part, text("?")) == f"Cache miss for {kind} at index 0 but data is not provided."


def test_the_miss_names_the_place_among_its_kind(target: Target) -> None:
    unknown = image(None, uuid=secrets.token_hex(8))
    said = message_of(target, image(picture(20, 20)), unknown, text("?"))
    assert said == "Cache miss for image at index 1 but data is not provided."


def test_more_media_than_the_limit(target: Target) -> None:
    pictures = [image(picture(20, 20))] * (LIMITS["image"] + 1)
    videos = [video(frames(1))] * (LIMITS["video"] + 1)
    assert message_of(target, *pictures, text("?")) == "At most 5 image(s) may be provided in one prompt. (parameter=image)"
    assert message_of(target, *videos, text("?")) == "At most 2 video(s) may be provided in one prompt. (parameter=video)"


def test_sound_is_not_taken(target: Target) -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    assert message_of(target, sound) == "At most 0 audio(s) may be provided in one prompt. (parameter=audio)"


def test_more_pictures_than_the_context_holds(target: Target) -> None:
    said = message_of(target, *[image(picture(1600, 1200 + row)) for row in range(4)], text("x"))
    found = TOO_LONG.fullmatch(said)
    assert found is not None
    assert int(found.group(1)) > MAX_MODEL_LEN


PNG = "data:image/png;base64,"
UNREADABLE = "Failed to load image: cannot identify image file <_io.BytesIO object>"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"{PNG}bm90IGFuIGltYWdl", UNREADABLE),
        (PNG, UNREADABLE),
        (f"{PNG}@@@@", "Non-base64 digit found"),
        ("foo.png", "The URL must be either a HTTP, data or file URL."),
        ("ftp://example.com/a.png", "The URL must be either a HTTP, data or file URL."),
    ],
    ids=["no-picture", "empty", "no-base64", "a-path", "ftp"],
)
def test_a_picture_that_cannot_be_had(target: Target, url: str, message: str) -> None:
    assert message_of(target, image(url), text("?")) == message


def test_a_picture_that_is_cut_off(target: Target) -> None:
    half = encoded(320, 240)[:120]
    assert message_of(target, image(PNG + half), text("?")).startswith("Failed to load image: ")


def test_a_data_url_without_base64(target: Target) -> None:
    said = message_of(target, image("data:image/png,abc"), text("?"), status=501)
    assert said == "Only base64 data URLs are supported for now."


def test_a_file_url_without_the_flag_that_allows_it(target: Target) -> None:
    said = message_of(target, image("file:///tmp/a.png"), text("?"), status=500)
    assert said == "Cannot load local files without `--allowed-local-media-path`."


@pytest.mark.parametrize("payload", ["AAAAIGZ0eXBpc29t", ""], ids=["cut-off", "empty"])
def test_a_video_that_cannot_be_read(target: Target, payload: str) -> None:
    assert message_of(target, video(f"data:video/mp4;base64,{payload}"), text("?")) == "Could not open video stream"


def test_frames_of_different_sizes(target: Target) -> None:
    url = f"{frames(1)},{encoded(32, 32, form='JPEG')}"
    assert message_of(target, video(url), text("?")) == "all input arrays must have the same shape"


def test_a_frame_that_is_no_picture(target: Target) -> None:
    assert message_of(target, video(f"{frames(1)},bm90IGFuIGltYWdl"), text("?")) == UNREADABLE


def test_a_broken_picture_is_refused_before_the_stream_begins(target: Target) -> None:
    answer = target.post(image(f"{PNG}bm90"), text("?"), stream=True)
    assert (answer.status_code, json.loads(answer.text)["error"]["message"]) == (400, UNREADABLE)

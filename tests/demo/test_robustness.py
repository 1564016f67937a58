"""Whatever is sent, the demo server answers as an API does and goes on."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from minicpm_tui.demo.fields import CHAT_FIELDS
from tests.demo.conftest import Client
from tests.wire.support import CHAT, image, user

NAMES = list(CHAT_FIELDS)
PARTS = ["type", "text", "image_url", "video_url", "url", "uuid", "role", "user", "content", "data:image/png;base64,AAAA", "json"]
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-5, 50)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(PARTS)
    | st.text(max_size=5)
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PARTS), inner, max_size=4), max_leaves=8
)
messages = st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": anything}) | anything, min_size=1, max_size=3)
bodies = st.dictionaries(st.sampled_from(NAMES), anything, max_size=5) | st.fixed_dictionaries(
    {"messages": messages}, optional={name: anything for name in NAMES if name != "messages"}
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies)
def test_no_body_breaks_the_server(shared: Client, body: dict[str, Any]) -> None:
    answer = shared.http.post(CHAT, json=body)
    assert answer.status_code in {200, 400, 404}, answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(["model", "prompt", "messages", "add_generation_prompt"]), anything))
def test_no_body_breaks_tokenize(shared: Client, body: dict[str, Any]) -> None:
    assert shared.http.post("/tokenize", json=body).status_code in {200, 400, 404}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schema=st.dictionaries(st.sampled_from(["type", "properties", "items", "enum", "anyOf", "$ref", "minItems"]), anything))
def test_no_schema_breaks_the_server(shared: Client, schema: dict[str, Any]) -> None:
    body = {"messages": [user(words="?")], "structured_outputs": {"json": schema}}
    assert shared.http.post(CHAT, json=body).status_code == 200


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "I;16", "I", "F", "YCbCr"])
def test_pictures_of_every_mode_are_described(shared: Client, mode: str) -> None:
    form = "TIFF" if mode not in {"P", "PA"} else "PNG"
    buffer = io.BytesIO()
    picture = Image.new("RGB", (40, 30), "red").convert("L" if mode in {"I;16", "I", "F"} else "RGB")
    picture = picture.convert("RGBA").convert(mode) if mode == "PA" else picture.convert(mode)
    (picture.convert("P") if mode == "PA" else picture).save(buffer, form)
    url = f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
    assert "40×30" in shared.text(user(image(url), words="?"))


def test_what_is_transparent_counts_as_white(shared: Client) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (40, 30), (255, 0, 0, 0)).save(buffer, "PNG")
    text = shared.text(user(image(f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"), words="?"))
    assert "white 100%" in text

"""Reduced pictures and sampled frames cost what they are said to cost, and what the originals cost, on a real vLLM."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import httpx2
import pytest
from PIL import Image

from minicpm_tui.families import recognise
from minicpm_tui.media import AttachmentSpec, MediaLimits, Prepared, prepare
from minicpm_tui.messages import VideoPart

SIZES = [
    (1, 1), (3, 900), (100, 100), (448, 448), (449, 448), (640, 480), (500, 450), (1024, 768), (1280, 720), (720, 1280),
    (1344, 1344), (1350, 1350), (1920, 1080), (1170, 2532), (2048, 1536), (4000, 3000), (3000, 300), (2600, 2590), (5000, 700),
]  # fmt: skip


@pytest.fixture(scope="module")
def ask(real_url: str, real_key: str, real_model: str) -> Iterator[Any]:
    """Sends one content part and returns the prompt's tokens, as the server counts them."""
    with httpx2.Client(
        base_url=real_url, headers={"Authorization": f"Bearer {real_key}"}, timeout=300, trust_env=False
    ) as client:

        def count(*parts: dict[str, Any]) -> int:
            content = [{"type": "text", "text": "?"}, *parts]
            body = {"model": real_model, "max_tokens": 1, "messages": [{"role": "user", "content": content}]}
            reply = client.post("/v1/chat/completions", json=body)
            assert reply.status_code == 200, reply.text
            return int(reply.json()["usage"]["prompt_tokens"])

        yield count


@pytest.fixture(scope="module")
def text_tokens(ask: Any) -> int:
    """What the request costs without media."""
    return int(ask())


def image_url(data: bytes, media_type: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{base64.b64encode(data).decode()}"}}


def prepared(path: Path, model: str, **wishes: Any) -> Prepared:
    return prepare(AttachmentSpec(path=path, **wishes), MediaLimits(family=recognise(model)))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_reduced_picture_costs_what_the_original_costs(
    tmp_path: Path, size: tuple[int, int], ask: Any, text_tokens: int, real_model: str
) -> None:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(buffer, "PNG")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    ours = prepared(tmp_path / "a.png", real_model)
    [blob] = ours.blobs.values()
    original = ask(image_url(buffer.getvalue(), "image/png"))
    assert ask(image_url(blob.data, blob.media_type)) == original
    placeholder_newline = 1  # the server puts a line break between the placeholder and the text
    assert text_tokens + ours.tokens + placeholder_newline == original


def test_a_video_costs_what_is_said(tmp_path: Path, ask: Any, text_tokens: int, real_model: str) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for shade in range(120):
            container.mux(stream.encode(av.VideoFrame.from_bytes(bytes([shade]) * 320 * 240 * 4, 320, 240, format="rgba")))
        container.mux(stream.encode(None))
    ours = prepared(tmp_path / "a.mp4", real_model)
    assert isinstance(ours.part, VideoPart)
    frames = [base64.b64encode(ours.blobs[frame.sha256].data).decode() for frame in ours.part.frames]
    part = {"type": "video_url", "video_url": {"url": f"data:video/jpeg;base64,{','.join(frames)}"}}
    assert len(frames) == 12
    assert ask(part) == text_tokens + ours.tokens + 1

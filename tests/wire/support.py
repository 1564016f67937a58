"""A server under test, and pictures and videos to send it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, cast

import av
import httpx2
from PIL import Image

CHAT = "/v1/chat/completions"
LIMITS = {"image": 5, "video": 2}
"""``--limit-mm-per-prompt`` of every target."""
MAX_MODEL_LEN = 2048


@dataclass(frozen=True)
class Target:
    """A server and how to reach it. ``url`` is the root."""

    url: str
    key: str
    model: str
    http: httpx2.Client = field(repr=False)

    @classmethod
    def at(cls, url: str, key: str, model: str) -> Target:
        # A connection for each request: vLLM closes it after some 500s.
        single = httpx2.Limits(max_keepalive_connections=0)
        return cls(
            url, key, model, httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=120, limits=single)
        )

    def post(self, *content: Any, **fields: Any) -> httpx2.Response:
        """Ask about ``content`` (parts or one string) in a single user message; 4 tokens unless ``fields`` say otherwise."""
        said = content[0] if len(content) == 1 and isinstance(content[0], str) else list(content)
        body = {"model": self.model, "messages": [{"role": "user", "content": said}], "max_tokens": 4, "temperature": 0}
        return self.http.post(CHAT, json=body | fields)

    def prompt_tokens(self, *content: Any, **fields: Any) -> int:
        """``usage.prompt_tokens`` of such a request."""
        tokens = self.post(*content, **fields).raise_for_status().json()["usage"]["prompt_tokens"]
        assert isinstance(tokens, int)
        return tokens

    def events(self, *content: Any, **fields: Any) -> list[str]:
        """The data of a streamed reply's events, ``[DONE]`` included."""
        answer = self.post(*content, stream=True, **fields).raise_for_status()
        return [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]

    def chunks(self, *content: Any, **fields: Any) -> list[Any]:
        """The JSON chunks of a streamed reply."""
        return [json.loads(event) for event in self.events(*content, **fields) if event != "[DONE]"]

    def metric(self, name: str, label: str = "") -> float:
        """The value of the first sample of ``name`` that has ``label``."""
        for line in self.http.get("/metrics").text.splitlines():
            if line.startswith((f"{name}{{", f"{name} ")) and label in line:
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no metric {name} {label}")


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def image(url: str | None, **extra: Any) -> dict[str, Any]:
    """A picture part; None as ``url`` names it by ``uuid`` alone."""
    return {"type": "image_url", "image_url": None if url is None else {"url": url}, **extra}


def video(url: str | None, **extra: Any) -> dict[str, Any]:
    """A video part, likewise."""
    return {"type": "video_url", "video_url": None if url is None else {"url": url}, **extra}


def user(*parts: dict[str, Any], words: str) -> dict[str, Any]:
    """A user message with ``parts`` before its text."""
    return {"role": "user", "content": [*parts, text(words)]}


def encoded(width: int, height: int, colour: str = "red", form: str = "PNG") -> str:
    """A plain picture in base64."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, form)
    return base64.b64encode(buffer.getvalue()).decode()


def picture(width: int, height: int, colour: str = "red", form: str = "PNG") -> str:
    """A plain picture as a data URL."""
    return f"data:image/{form.lower()};base64,{encoded(width, height, colour, form)}"


def frames(count: int, width: int = 64, height: int = 48) -> str:
    """A video as a data URL with pictures of its frames."""
    shades = [f"rgb({index * 255 // max(count - 1, 1)},40,40)" for index in range(count)]
    return "data:video/jpeg;base64," + ",".join(encoded(width, height, shade, "JPEG") for shade in shades)


def video_file(count: int, width: int = 64, height: int = 48, rate: int = 8) -> str:
    """A video file as a data URL: ``count`` frames, ``rate`` a second, from blue to red."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(rate))
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p"
        for index in range(count):
            shade = index * 255 // max(count - 1, 1)
            still = Image.new("RGB", (width, height), (shade, 0, 255 - shade))
            container.mux(stream.encode(video_frame(still)))
        container.mux(stream.encode())
    return f"data:video/mp4;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def video_frame(still: Image.Image) -> av.VideoFrame:
    """A picture as PyAV's encoder takes it."""
    return cast("Callable[[Image.Image], av.VideoFrame]", av.VideoFrame.from_image)(still)

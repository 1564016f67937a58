"""The content of one message in the shapes that APIs give it: OpenAI's chat and Responses, Anthropic's, Ollama's and Qwen's.

Sources: the API references of OpenAI, Anthropic and Ollama, and the examples of Qwen2-VL.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from minicpm_tui.i18n import _
from minicpm_tui.messages import Blob, Part, TextPart
from minicpm_tui.sessions.imports.pictures import from_base64, media_part, picture_part
from minicpm_tui.text import one_line

_TEXTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
_THOUGHTS = {"thinking": "thinking", "reasoning": "text", "think": "think", "reasoning_text": "text"}
_PICTURES = {"image_url", "video_url", "input_image", "image", "video"}


class Content:
    """Turns raw content into parts, and keeps count of what it had to leave out.

    ``blobs`` has the bytes of pictures by digest, ``dropped`` how many of each kind were left out.
    """

    def __init__(self) -> None:
        self.blobs: dict[str, Blob] = {}
        self.dropped: Counter[str] = Counter()

    def parts(self, raw: object) -> tuple[tuple[Part, ...], str]:
        """The parts of a message's content, a text or a list, and the reasoning that stands between them."""
        thoughts: list[str] = []
        parts = [part for each in (raw if isinstance(raw, list) else [raw]) for part in self._parts(each, thoughts)]
        return tuple(parts), "\n\n".join(thoughts)

    def attached(self, raw: object) -> tuple[Part, ...]:
        """The pictures in a list of base64 texts or URLs, such as Ollama's ``images``."""
        return tuple(self._picture(each, video=False) for each in (raw if isinstance(raw, list) else []))

    def left_out(self, kind: str) -> TextPart:
        """What stands in the place of something that is not taken over; it is counted."""
        kind = one_line(kind)[:80]
        self.dropped[kind] += 1
        return TextPart(f"[{kind}]")

    def _parts(self, raw: object, thoughts: list[str]) -> list[Part]:
        if isinstance(raw, str):
            return [TextPart(raw)]
        if not isinstance(raw, dict):
            return [TextPart("")] if raw is None else [self.left_out(type(raw).__name__)]
        kind = str(raw.get("type") or next((key for key in ("text", "image", "video") if key in raw), None))
        if kind in _TEXTS:
            return [TextPart(_text_in(raw.get(_TEXTS[kind])))]
        if kind in _THOUGHTS:
            thoughts.append(_text_in(raw.get(_THOUGHTS[kind])))
            return []
        if kind in _PICTURES:
            return [self._picture(_place(raw, kind), video=kind in {"video", "video_url"})]
        return [self.left_out(kind)]

    def _picture(self, place: object, *, video: bool) -> Part:
        if isinstance(place, list) and video and all(isinstance(each, str) for each in place):
            bodies = [each.partition(",")[2] for each in place if each.startswith("data:image/jpeg;base64,")]
            place = "data:video/jpeg;base64," + ",".join(bodies) if bodies and len(bodies) == len(place) else None
        if not isinstance(place, str):
            return self.left_out(_("video") if video else _("picture"))
        if (found := media_part(place, self.blobs, video=video)) is not None:
            return found
        if not video and (blob := from_base64(place)) is not None:
            return picture_part(blob, self.blobs)
        return self.left_out(place)


def _text_in(raw: object) -> str:
    """A text, or what stands in the place of one: an object with ``value``, as OpenAI's assistants have it."""
    if isinstance(raw, dict):
        raw = raw.get("value")
    return raw if isinstance(raw, str) else ""


def _place(raw: Mapping[str, Any], kind: str) -> object:
    """Where a picture part has its bytes or its address."""
    source = raw.get("source")
    if isinstance(source, dict):
        return source.get("data") if source.get("type") == "base64" else source.get("url")
    place = raw.get("image_url") if kind == "input_image" else raw.get(kind)
    if place is None:
        place = raw.get("url")
    return place.get("url") if isinstance(place, dict) else place

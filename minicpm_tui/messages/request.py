"""The request that a conversation becomes: an OpenAI chat body in which pictures and videos are still slots.

Field names: https://platform.openai.com/docs/api-reference/chat/create and vLLM's extra fields (``stop_token_ids``,
``chat_template_kwargs``), https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from minicpm_tui.decoding import json_value
from minicpm_tui.messages.message import Message
from minicpm_tui.messages.parts import MediaPart, Part, TextPart, media_of, text_of
from minicpm_tui.messages.profile import RequestOptions, RequestProfile
from minicpm_tui.sampling import SAMPLING

BREAK = "\u200b"
"""Zero width space: put into a literal placeholder, so that the model's processor takes it for text."""

JsonDict = dict[str, Any]


class ChatRequest(msgspec.Struct, frozen=True):
    """``body`` is the JSON body; inside the messages' contents a picture or video stands as its part, the slot of its bytes."""

    body: Mapping[str, Any]

    @property
    def media(self) -> tuple[MediaPart, ...]:
        """The slots in the order the server counts them."""
        contents = (message["content"] for message in self.body["messages"])
        return tuple(item for content in contents if isinstance(content, list) for item in content if not isinstance(item, dict))

    def render(self, resolve: Callable[[MediaPart], JsonDict]) -> JsonDict:
        """The body with every slot replaced by the content part that ``resolve`` makes of it."""
        return {**self.body, "messages": [_filled(message, resolve) for message in self.body["messages"]]}

    def without(self, *fields: str) -> ChatRequest:
        """A copy of this request without the named fields of its body."""
        return ChatRequest({name: value for name, value in self.body.items() if name not in fields})


def build_request(
    path: Sequence[Message], profile: RequestProfile, options: RequestOptions, *, stream: bool = True
) -> ChatRequest:
    """The request for a reply to the last user message of ``path``, which goes from the root down to it.

    Reasoning is not sent back. A reply without text (failed, or stopped before its first token) is left out, and user turns
    that come to stand side by side become one, as some chat templates demand that roles alternate. What neither the profile nor
    the options set is not in the body, so that the server's own default holds.
    """
    body: JsonDict = {"model": options.model, "messages": list(_messages(path, profile, options))}
    if stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    chosen = {
        **{name: getattr(options, name) for name in SAMPLING},
        "temperature": _first(options.temperature, profile.temperature),
        "top_p": _first(options.top_p, profile.top_p),
        "stop_token_ids": list(profile.stop_token_ids) or None,
    }
    body |= {name: value for name, value in chosen.items() if value is not None}
    if options.response_format:
        body["response_format"] = json_value(options.response_format)
    if profile.knows_thinking:
        thinking = profile.thinks_by_default if options.thinking is None else options.thinking
        body["chat_template_kwargs"] = {"enable_thinking": thinking}
    return ChatRequest(body)


def break_placeholders(text: str, placeholders: Iterable[str]) -> str:
    """``text`` in which no literal placeholder is left; it looks the same. Halves of surrogate pairs become ``?``."""
    text = text.encode("utf-8", "replace").decode()
    for placeholder in placeholders:
        if len(placeholder) > 1:
            text = text.replace(placeholder, placeholder[0] + BREAK + placeholder[1:])
    return text


def _messages(path: Sequence[Message], profile: RequestProfile, options: RequestOptions) -> Iterator[JsonDict]:
    system = options.system or "\n".join(message.text for message in path if message.role == "system")
    if system.strip():
        yield {"role": "system", "content": break_placeholders(system, profile.placeholders)}
    for role, parts in _turns(path):
        yield {"role": role, "content": _content(parts, profile.placeholders)}


def _turns(path: Sequence[Message]) -> list[tuple[str, tuple[Part, ...]]]:
    """Roles and parts, alternating, beginning and ending with the user."""
    turns: list[tuple[str, tuple[Part, ...]]] = []
    for message in path:
        empty = not message.text.strip() and not media_of(message.content)
        if message.role == "system" or empty or (message.role == "assistant" and not turns):
            continue
        if turns and turns[-1][0] == message.role:
            turns[-1] = (message.role, turns[-1][1] + message.content)
        else:
            turns.append((message.role, message.content))
    while turns and turns[-1][0] == "assistant":
        turns.pop()
    return turns


def _content(parts: tuple[Part, ...], placeholders: tuple[str, ...]) -> str | list[JsonDict | MediaPart]:
    """Plain text where there is nothing else: every server takes that."""
    if not media_of(parts):
        return break_placeholders(text_of(parts), placeholders)
    return [
        {"type": "text", "text": break_placeholders(part.text, placeholders)} if isinstance(part, TextPart) else part
        for part in parts
        if not isinstance(part, TextPart) or part.text.strip()
    ]


def _filled(message: JsonDict, resolve: Callable[[MediaPart], JsonDict]) -> JsonDict:
    content = message["content"]
    if not isinstance(content, list):
        return message
    return {**message, "content": [item if isinstance(item, dict) else resolve(item) for item in content]}


def _first(chosen: float | None, default: float | None) -> float | None:
    return default if chosen is None else chosen

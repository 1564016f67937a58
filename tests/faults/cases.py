"""Faults of servers by name: what is sent to a question, as raw bytes of HTTP."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from typing import Any

SEED = 11
KEY = "sk-faulty-0123456789abcdef"
"""The key that programs send to the server; one fault repeats it."""


def event(value: object) -> bytes:
    return b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n"


def chunk(text: str | None = None, finish: object = None, **more: object) -> bytes:
    return event({"choices": [{"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}], **more})


HELLO, WORLD, STOP, DONE = chunk("Hello"), chunk(" world"), chunk(finish="stop"), event(b"[DONE]")
WHOLE = HELLO + WORLD + STOP + DONE


def answer(body: bytes, status: int = 200, kind: str = "text/event-stream", more: str = "", length: int = 0) -> bytes:
    """A whole answer; ``length`` more bytes are announced than come."""
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body) + length}\r\nConnection: close\r\n{more}\r\n"
    )
    return head.encode() + body


def chunked(*pieces: bytes, extension: bytes = b"", trailers: bytes = b"", end: bool = True) -> bytes:
    """An answer in chunks; without ``end`` it breaks off."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(each), extension, each) for each in pieces)
    return head + body + (b"0\r\n" + trailers + b"\r\n" if end else b"")


def _complete() -> dict[str, bytes]:
    """Odd, but with all of the text "Hello world"."""
    usages: list[Any] = [
        None,
        {},
        [],
        "x",
        {"prompt_tokens": 1.5},
        {"prompt_tokens": "3"},
        {"completion_tokens": -1},
        {"total_tokens": 1e300},
    ]
    events: list[Any] = [
        None,
        7,
        "x",
        [],
        {},
        {"choices": None},
        {"choices": {}},
        {"choices": [None]},
        {"choices": [{"delta": None}]},
    ]
    events += [
        {"choices": [{"delta": {"content": None}}]},
        {"choices": [{"delta": 7}]},
        {"data": None},
        {"object": "x", "id": []},
    ]
    finishes: list[Any] = ["stop", 7, {"type": "stop"}, [], "eos_token", True]
    lines = {
        "comment": b": x\n\n",
        "id": b"id: 5\n\n",
        "retry": b"retry: 1\n\n",
        "nul": b"\0" * 99 + b"\n\n",
        "blank": b"\n\n\n\n",
    }
    found = {f"usage-{number}": HELLO + WORLD + chunk(finish="stop", usage=each) + DONE for number, each in enumerate(usages)}
    found |= {f"event-{number}": HELLO + event(each) + WORLD + STOP + DONE for number, each in enumerate(events)}
    found |= {f"finish-{number}": HELLO + WORLD + chunk(finish=each) + DONE for number, each in enumerate(finishes)}
    found |= {f"line-{name}": HELLO + each + WORLD + STOP + DONE for name, each in lines.items()}
    found |= {"crlf": WHOLE.replace(b"\n", b"\r\n"), "cr": WHOLE.replace(b"\n", b"\r"), "bom": b"\xef\xbb\xbf" + WHOLE}
    found |= {"tight": WHOLE.replace(b"data: ", b"data:"), "no-done": HELLO + WORLD + STOP, "no-finish": HELLO + WORLD + DONE}
    wire = {name: answer(body) for name, body in (found | _gateways()).items()}
    wire["gzip"] = answer(gzip.compress(WHOLE), more="Content-Encoding: gzip\r\n")
    wire["deflate"] = answer(zlib.compress(WHOLE), more="Content-Encoding: deflate\r\n")
    parts = b"".join(gzip.compress(each) for each in (HELLO, WORLD, STOP + DONE))
    wire["gzip-parts"] = answer(parts, more="Content-Encoding: gzip\r\n")
    whole = {"choices": [{"message": {"content": "Hello world"}, "finish_reason": "stop"}]}
    wire["json"] = answer(json.dumps(whole).encode(), kind="application/json")
    wire["json-longer"] = answer(json.dumps(whole).encode(), kind="application/json", length=9)
    wire |= {"created": answer(WHOLE, 201), "longer": answer(WHOLE, length=9), "no-last-chunk": chunked(WHOLE, end=False)}
    wire["plain"] = answer(WHOLE, kind="text/plain")
    wire["hints"] = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + wire["bom"]
    wire["trailers"] = chunked(HELLO, WORLD + STOP + DONE, extension=b';a="b;c"', trailers=b"X-Cost: 1\r\n")
    return wire


def _gateways() -> dict[str, bytes]:
    """What gateways make of a stream's lines, and servers of its numbers."""
    first, second = HELLO.strip(), WORLD.strip()
    found = {
        "one-newline": WHOLE.replace(b"\n\n", b"\n"),
        "two-lines": first + b"\n" + second + b"\n\n" + STOP + DONE,
        "two-objects": first + second.removeprefix(b"data: ") + b"\n\n" + STOP + DONE,
        "twice-named": WHOLE.replace(b"data: ", b"data: data: "),
        "bom-later": HELLO + b"\xef\xbb\xbf" + WORLD + STOP + DONE,
        "empty-events": b"data:\n\n" * 200 + WHOLE,
        "quoted-end": HELLO + WORLD + event("[DONE]"),
    }
    for name, index in (("negative", -1), ("huge", 10**30), ("real", 0.0)):
        found[f"index-{name}"] = HELLO + event({"choices": [{"index": index, "delta": {"content": " world"}}]}) + STOP + DONE
    other = {"index": 1, "delta": {"content": "other"}}
    found["two-replies"] = event({"choices": [other, {"index": 0, "delta": {"content": "Hello"}}]}) + WORLD + STOP + DONE
    found["no-list"] = event({"choices": {"delta": {"content": "Hello"}}}) + WORLD + STOP + DONE
    found["value"] = event({"choices": [{"delta": {"content": {"type": "text", "value": "Hello"}}}]}) + WORLD + STOP + DONE
    return found


def _broken() -> dict[str, bytes]:
    """What can only end in one line that says what is wrong."""
    words: dict[str, Any] = {"openai": {"error": {"message": "no room"}}, "flat": {"object": "error", "message": "no room"}}
    words |= {
        "detail": {"detail": "no room"},
        "list": {"detail": [{"msg": "no room"}]},
        "ollama": {"error": "no room"},
        "null": None,
    }
    found = {
        f"error-{status}-{name}": answer(json.dumps(each).encode(), status, "application/json")
        for status in (400, 401, 404, 422, 500)
        for name, each in words.items()
    }
    deep = b"[" * 100_000
    found |= {"error-deep": answer(deep, 400, "application/json"), "error-bytes": answer(b"\xff\xfe\xe9" * 99, 500)}
    found |= {"error-empty": answer(b"", 500), "moved": answer(b"", 302, more="Location: /login\r\n")}
    found |= {
        "nothing": b"",
        "garbage": b"\x16\x03\x01\x02",
        "half-head": b"HTTP/1.1 200 OK\r\nContent-",
        "no-events": answer(b""),
    }
    found |= {"sign-in": answer(b"<html><title>Sign in</title></html>", kind="text/html"), "short": answer(HELLO, length=500)}
    found |= {"error-inside": answer(HELLO + event({"error": {"message": "CUDA"}}) + DONE), "deep": answer(event(deep), length=9)}
    found["key-said"] = answer(json.dumps({"error": {"message": f"{KEY} may not do this"}}).encode(), 400, "application/json")
    found["error-event"] = answer(HELLO + b"event: error\ndata: boom\n\n")
    found["foreign"] = answer(event({"candidates": [{"content": {"parts": [{"text": "Hello"}]}}]}))
    found |= {"no-head": WHOLE, "bad-size": chunked(HELLO, end=False) + b"ZZ\r\n", "plain-short": chunked(HELLO, end=False)}
    found["bad-gzip"] = answer(gzip.compress(WHOLE)[:-30], more="Content-Encoding: gzip\r\n")
    return found


def _spoilt(count: int = 20) -> dict[str, bytes]:
    """A good answer with a few bytes of it changed, the same ones in every run."""
    chance, found = random.Random(SEED), {}
    for number in range(count):
        body = bytearray(WHOLE)
        for _each in range(1 + number % 4):
            body[chance.randrange(len(body))] = chance.randrange(256)
        found[f"spoilt-{number}"] = answer(bytes(body))
    return found


COMPLETE, BROKEN, SPOILT = _complete(), _broken(), _spoilt()

"""Gets the bytes of a media URL, allowed and refused as by vLLM."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from urllib.parse import unquote, urlsplit

from minicpm_tui.demo.refusals import Crash, Refusal, bad

_FETCH_SECONDS = 5.0
"""VLLM_IMAGE_FETCH_TIMEOUT."""
_MOST_BYTES = 200_000_000


def data_of(url: str, kind: str, allowed: str) -> tuple[str, list[bytes]]:
    """The media type and the bytes that ``url`` names, several when it carries a video's frames. Blocks. Raises Refusal or Crash.

    ``kind`` is ``image_url`` or ``video_url``; ``allowed`` the folder whose files may be read, empty for none.
    """
    scheme = urlsplit(url).scheme.lower()
    if scheme == "data":
        return _inline(url)
    if scheme == "file":
        return "", [_local(url, allowed)]
    if scheme in {"http", "https"}:
        return "", [_remote(url, kind)]
    raise bad("The URL must be either a HTTP, data or file URL.")


def _inline(url: str) -> tuple[str, list[bytes]]:
    header, _comma, payload = url.partition(",")
    media_type, _semicolon, encoding = header.removeprefix("data:").partition(";")
    if encoding != "base64":
        raise Refusal(501, "Only base64 data URLs are supported for now.")
    texts = payload.split(",") if media_type == "video/jpeg" else [payload]
    try:
        return media_type, [base64.b64decode(text, validate=True) for text in texts]
    except binascii.Error as error:
        words = "Non-base64 digit found" if "Only base64" in str(error) else str(error)
        raise bad(words) from None


def _local(url: str, allowed: str) -> bytes:
    if not allowed:
        raise Crash("Cannot load local files without `--allowed-local-media-path`.")
    path, folder = Path(unquote(urlsplit(url).path)).resolve(), Path(allowed).resolve()
    if not path.is_relative_to(folder):
        raise bad(f"The file path {path} must be a subpath of `--allowed-local-media-path {folder}`.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise Crash(str(error)) from None


def _remote(url: str, kind: str) -> bytes:
    import httpx2

    parts = urlsplit(url)
    try:
        answer = httpx2.get(url, follow_redirects=True, timeout=_FETCH_SECONDS)
    except httpx2.TimeoutException:
        raise bad(f"Failed to fetch media from URL: timeout after {_FETCH_SECONDS:.0f} s", kind, url) from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        raise Crash(f"Cannot connect to host {parts.hostname}:{port} ssl:default [{error}]") from None
    if 400 <= answer.status_code < 500:
        words = f"Failed to fetch media from URL: HTTP {answer.status_code} error (parameter={kind}, value={url})"
        raise Refusal(422, words, param=kind)
    if answer.status_code != 200 or len(answer.content) > _MOST_BYTES:
        raise Crash(f"Failed to fetch media from URL: HTTP {answer.status_code} error")
    return answer.content

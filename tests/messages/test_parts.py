"""Parts are written to journals as the format says, and are known to servers by their digests."""

from __future__ import annotations

import hashlib

import msgspec

from minicpm_tui.messages import Blob, Frame, ImagePart, Part, Source, TextPart, VideoPart


def test_parts_survive_the_journal() -> None:
    parts: tuple[Part, ...] = (
        TextPart("hello"),
        ImagePart("cat.jpg", "ab" * 32, 640, 480, source=Source(path="/p/cat.jpg", bytes=10, mtime=1.5)),
        VideoPart("v.mp4", (Frame("cd" * 32, 0.0), Frame("ef" * 32, 1.01)), width=448, height=252, source=Source(duration=2.0)),
    )
    line = msgspec.json.encode(parts)
    assert msgspec.json.decode(line, type=tuple[Part, ...]) == parts
    assert [part["type"] for part in msgspec.json.decode(line)] == ["text", "image", "video"]


def test_a_videos_uuid_is_the_digest_of_its_frames_digests() -> None:
    video = VideoPart("v.mp4", (Frame("aa", 0.0), Frame("bb", 1.0)))
    assert video.uuid == hashlib.sha256(b"aa\nbb").hexdigest()
    assert VideoPart("v.mp4", file="cc", media_type="video/mp4").uuid == "cc"
    assert VideoPart("v.mp4", source=Source(url="http://x/v.mp4")).uuid is None


def test_a_blob_is_named_by_its_bytes() -> None:
    assert Blob(b"abc", "image/png").sha256 == hashlib.sha256(b"abc").hexdigest()

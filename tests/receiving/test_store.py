"""What was received is what its bytes say, under a name of ours, or it is not kept."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.receiving.store import Incoming, keep, safe_name

PNG = b"\x89PNG\r\n\x1a\n"


def encoded(kind: str) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(target, kind)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [(encoded("PNG"), "x.png"), (encoded("JPEG"), "x.jpg"), (encoded("WEBP"), "x.webp"), (b"%PDF-1.7\n", "x.pdf")],
)
def test_the_ending_is_that_of_the_bytes(tmp_path: Path, data: bytes, name: str) -> None:
    with Incoming(tmp_path / "to") as incoming:
        for byte in range(len(data)):
            incoming.write(data[byte : byte + 1])
        path = incoming.finish("x")
    assert path == tmp_path / "to" / name
    assert path.read_bytes() == data
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"PK\x03\x04", b"words\n"])
def test_what_cannot_be_sent_leaves_no_file(tmp_path: Path, data: bytes) -> None:
    with Incoming(tmp_path) as incoming:
        incoming.write(data)
        with pytest.raises(MediaUnsupported):
            incoming.finish("x")
    assert list(tmp_path.iterdir()) == []


def test_files_that_arrive_at_once_under_one_name_are_all_kept(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def kept(number: int) -> Path:
        together.wait()
        return keep(PNG + bytes([number]), tmp_path, "dropped-120000")

    with ThreadPoolExecutor(8) as threads:
        paths = list(threads.map(kept, range(80)))
    assert [path.read_bytes() for path in paths] == [PNG + bytes([number]) for number in range(80)]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


@given(st.text())
def test_no_name_leads_elsewhere(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert Path(safe).name == safe
    assert not safe.startswith(".")
    assert safe.isprintable()
    assert len(safe) <= 91


def test_usual_names_stay() -> None:
    for name in ("shot 1.png", "屏幕截图.jpg", "a-b_c (2).tar.gz"):
        assert safe_name(name) == name

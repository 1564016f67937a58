"""An archive of the user's own machine: what can be sent of it is taken, and nothing lands elsewhere."""

from __future__ import annotations

import gzip
import random
import tarfile
from pathlib import Path

import pytest

from minicpm_tui.errors import TransferError
from minicpm_tui.receiving.archive import MOST_MEMBERS, unpack
from tests.upload_terminal import packed

PICTURE = b"\x89PNG\r\n\x1a\n" + random.Random(0).randbytes(500)
LIMIT = 10_000


def member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_files_are_taken_by_their_last_name_and_their_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "received"
    archive = packed(
        {
            "dir": member("dir", tarfile.DIRTYPE),
            "dir/a.jpg": PICTURE,
            "../../b.png": PICTURE,
            "/etc/b.png": PICTURE,
            "dir/._a.jpg": b"of the Finder",
            "dir/notes.txt": b"no picture",
            "large.png": PICTURE + bytes(LIMIT),
            "link.png": member("link.png", tarfile.SYMTYPE, "/etc/passwd"),
            "hard.png": member("hard.png", tarfile.LNKTYPE, "/etc/passwd"),
            "pipe": member("pipe", tarfile.FIFOTYPE),
            "x\x1b]0;x\x07.png": PICTURE,
        }
    )
    files = unpack(archive, folder, LIMIT)
    assert [each.name for each in files.paths] == ["a.png", "b.png", "b-2.png", "x__0_x_.png"]
    assert files.left_out == 5
    assert {each for each in tmp_path.rglob("*") if each.is_file()} == set(files.paths)
    assert all(each.read_bytes() == PICTURE for each in files.paths)


def test_it_has_its_bounds(tmp_path: Path) -> None:
    files = unpack(packed({f"{number}.png": PICTURE for number in range(MOST_MEMBERS + 3)}), tmp_path, 20 * LIMIT)
    assert (len(files.paths), files.left_out) == (MOST_MEMBERS, 3)
    with pytest.raises(TransferError, match="unpacks to too much"):
        unpack(packed({"large": bytes(10_000_000)}), tmp_path, LIMIT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive at all",
        gzip.compress(b"no tar" * 200),
        gzip.compress(bytes(10_000_000)),
        packed({"a.png": PICTURE})[:40],
    ],
    ids=["nothing", "text", "packed text", "packed zeros", "cut"],  # the packed bytes hold the time
)
def test_what_is_no_archive_is_said(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="no whole archive"):
        unpack(data, tmp_path, LIMIT)
    assert list(tmp_path.iterdir()) == []


def test_of_one_that_was_cut_the_beginning_is_taken(tmp_path: Path) -> None:
    whole = packed({"a.png": PICTURE, "b.png": PICTURE[:8] + random.Random(1).randbytes(9000)})
    files = unpack(whole[: len(whole) // 2], tmp_path, LIMIT)
    assert ([each.name for each in files.paths], files.left_out) == (["a.png"], 1)

"""Tars of samples, whole and damaged: what is lost is never lost in silence."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from minicpm_tui.batch.input.requests import Plan
from minicpm_tui.errors import UsageError
from tests.batch.conftest import png

LONG = "a" * 120 + "/"


def samples(*names: str) -> bytes:
    """A tar of a picture for each of ``names``, with the zeros that Python's tarfile puts behind it."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for number, name in enumerate(names):
            info = tarfile.TarInfo(f"{name}.png")
            info.size = len(png(number))
            tar.addfile(info, io.BytesIO(png(number)))
    return written.getvalue()


def ends(tar: bytes) -> list[int]:
    """Where each member ends."""
    with tarfile.open(fileobj=io.BytesIO(tar)) as found:
        return [member.offset_data + -(-member.size // 512) * 512 for member in found]


def ids(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    return [item.id for item in Plan((str(path),), ("?",)).items()]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("names", [("a", "b", "c"), ("a", f"{LONG}b", f"{LONG}c")])
def test_a_damaged_tar_is_refused(tmp_path: Path, names: tuple[str, ...], *, packed: bool) -> None:
    whole = samples(*names)
    first, second, third = ends(whole)
    broken = [bytearray(whole[:length]) for length in (first, first + 52, first + 512, second, third)]
    for place in (3, first + 10, second + 10):  # a bit of a header
        broken.append(bytearray(whole))
        broken[-1][place] ^= 1
    broken.append(bytearray(whole))
    broken[-1][first : first + 512] = bytes(512)  # a hole in the place of a header
    path = tmp_path / ("in.tar.gz" if packed else "in.tar")
    for data in broken:
        with pytest.raises(UsageError) as refused:
            ids(path, gzip.compress(data) if packed else bytes(data))
        assert "cut off or damaged: copy it again" in str(refused.value.hint)
        assert "method" not in refused.value.message


@pytest.mark.parametrize("packed", [False, True])
def test_a_tar_may_end_in_any_number_of_zeros(tmp_path: Path, *, packed: bool) -> None:
    whole = samples("a", "b")
    end = ends(whole)[-1]
    path = tmp_path / ("in.tar.gz" if packed else "in.tar")
    for zeros in (100, 512, 1024, 1100, 10_240, 100_000):
        data = whole[:end] + bytes(zeros)
        assert ids(path, gzip.compress(data) if packed else data) == ["a", "b"]


def test_tars_that_follow_one_another_are_read_to_the_end(tmp_path: Path) -> None:
    one, two = samples("a", "b"), samples("c")
    assert ids(tmp_path / "in.tar", one + two) == ["a", "b", "c"]
    assert ids(tmp_path / "in.tar", one[: ends(one)[-1] + 1024] + two) == ["a", "b", "c"]
    assert ids(tmp_path / "in.tar.gz", gzip.compress(one) + gzip.compress(two)) == ["a", "b", "c"]
    with pytest.raises(UsageError):
        ids(tmp_path / "in.tar", one + two[: ends(two)[-1]])


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")
@pytest.mark.parametrize("options", [("-cf",), ("-czf",), ("--format=pax", "-cf"), ("-b", "1", "-cf")])
def test_a_tar_of_the_system(tmp_path: Path, options: tuple[str, ...]) -> None:
    name = "猫" * 50 + ".png"
    (tmp_path / "a.png").write_bytes(png(1))
    (tmp_path / name).write_bytes(png(2))
    path = tmp_path / "in.tar.gz"
    subprocess.run(["tar", *options, path, "-C", tmp_path, "a.png", name], check=True)
    assert ids(path, path.read_bytes()) == ["a", "猫" * 50]

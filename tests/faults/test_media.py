"""Media damaged from a seed, as rows of one ``batch``: each is asked about, or refused in one line, in little memory."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

from PIL import Image

from minicpm_tui.media.workers.limits import MOST_MEMORY
from tests.batch.conftest import results
from tests.faults.cases import SEED
from tests.faults.server import faulty, question

KINDS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "PDF")
PEAK = MOST_MEMORY // 1024
"""KiB that the program, or the largest of its helpers, may take."""


def whole(kind: str) -> bytes:
    """A picture of 60×40 in the format ``kind``."""
    data = io.BytesIO()
    Image.linear_gradient("L").resize((60, 40)).convert("RGB").save(data, kind)
    return data.getvalue()


def damaged(kind: str, chance: random.Random) -> dict[str, bytes]:
    """A truncated one, one with changed bits, one whose header lies, one that is all zeros, and one by another name."""
    data = whole(kind)
    flipped, lying = bytearray(data), bytearray(data)
    for _each in range(6):
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    for place in range(16, min(28, len(data))):
        lying[place] = chance.choice((0, 1, 127, 255, data[place]))
    short = data[: chance.randrange(1, len(data))]
    return {"short": short, "flipped": bytes(flipped), "lying": bytes(lying), "zeros": bytes(len(data)), "named": data}


def test_each_is_asked_about_or_refused_in_one_line(tmp_path: Path) -> None:
    chance, rows = random.Random(SEED), []
    for number, kind in enumerate(KINDS):
        for how, data in damaged(kind, chance).items():
            name = f"{kind}-{how}.{KINDS[number - 1 if how == 'named' else number].lower()}"
            (tmp_path / name).write_bytes(data)
            rows.append({"id": name, "text": question("tight"), "files": [name]})
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with faulty() as url, (tmp_path / "said").open("w+") as said:
        argv = [
            sys.executable,
            "-m",
            "minicpm_tui",
            "batch",
            str(tmp_path / "in.jsonl"),
            "-o",
            str(tmp_path / "out.jsonl"),
            "--url",
            url,
        ]
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _pid, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        told = said.read()
    assert child.returncode == 1
    assert "Traceback" not in told
    assert "Internal error" not in told
    assert used.ru_maxrss < PEAK
    found = results(tmp_path / "out.jsonl")
    assert set(found) == {str(row["id"]) for row in rows}
    for name, row in found.items():
        assert (row.text == "Hello world") is (row.error is None)
        assert "\n" not in (row.error or "")
        assert "Error:" not in (row.error or "")
        if "named" in name:
            assert row.error is None
        if "zeros" in name:
            assert row.error

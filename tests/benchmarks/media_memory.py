"""Peak memory and time of preparing a one-hour, one-gigabyte 1080p video: ``python -m tests.benchmarks.media_memory [FILE]``.

Memory is measured in a process of its own, over one that has prepared a tiny video (so that the libraries are loaded).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
from PIL import Image, ImageChops

from tests.media.making import clip

HOUR = 3600
RATE = 30
SECONDS = 10
BYTES = 1_000_000_000

CHILD = """
import json, re, sys, time
from pathlib import Path
from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, prepare
limits = MediaLimits(family=by_id("minicpm-v-2.6"), num_frames=64)
peak = lambda: int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
prepare(AttachmentSpec(path=Path(sys.argv[1])), limits)
idle, began = peak(), time.perf_counter()
prepared = prepare(AttachmentSpec(path=Path(sys.argv[2])), limits)
print(json.dumps({"frames": len(prepared.part.frames), "seconds": round(time.perf_counter() - began, 2),
    "peak_mb_above_idle": round(peak() - idle, 1), "sent_bytes": sum(len(blob.data) for blob in prepared.blobs.values())}))
"""


def long_video(path: Path) -> None:
    """Ten seconds of a moving picture, encoded once and muxed over and over until an hour and about a gigabyte are full."""
    source = path.with_name("ten-seconds.mp4")
    texture = Image.effect_noise((480, 270), 60).resize((1920, 1080)).convert("RGB")
    noise = [ImageChops.offset(texture, 8 * step, 4 * step) for step in range(5)]
    rate = BYTES * 8 // HOUR
    clip(
        source, SECONDS * RATE, rate=RATE, size=(1920, 1080), gop=RATE * 2, pictures=noise * (SECONDS * RATE // 5), bit_rate=rate
    )
    with av.open(str(source)) as read, av.open(str(path), "w") as write:
        stream = write.add_stream_from_template(read.streams.video[0])
        for turn in range(HOUR // SECONDS):
            read.seek(0)
            for packet in read.demux(video=0):
                if packet.dts is None or packet.pts is None or packet.time_base is None:
                    continue
                shift = round(turn * SECONDS / packet.time_base)
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                write.mux(packet)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        tiny = clip(Path(folder) / "tiny.mp4", 20)
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "hour.mp4"
        if not path.exists():
            began = time.perf_counter()
            long_video(path)
            print(f"made {path.stat().st_size / 1e6:.0f} MB in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        child = subprocess.run([sys.executable, "-c", CHILD, tiny, path], check=True, capture_output=True, text=True)
        print(json.dumps({"file_mb": round(path.stat().st_size / 1e6), **json.loads(child.stdout)}))


if __name__ == "__main__":
    main()

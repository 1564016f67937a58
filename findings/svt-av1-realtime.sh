#!/usr/bin/env bash
# Believed: encoding a video leaves the calling program's scheduling alone. So: where root encodes AV1 (in most containers), opening
#   SVT-AV1 makes the calling thread SCHED_FIFO with priority 99, and it stays so after the encoder is closed; threads and programs
#   that are started later inherit it. libaom (Pillow's AVIF), x264, x265 and VP9 do not.
# Version: PyAV 18.1.0 (libsvtav1 as its wheel has it). Date: 2026-11-29. Source: chrt and py-spy on a test run whose other processes
#   stood still; SVT-AV1 asks for real-time threads when it is run by root.
# Hurts: whoever makes AV1 or AVIF in a container and does anything else beside it: on two cores, two such processes leave servers,
#   other workers and their own children almost no time, which shows as time-outs far from the encoder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
"$work/venv/bin/python" - 2> /dev/null <<'PY'
import io
import os
import sys

import av

NAMES = {os.SCHED_OTHER: "SCHED_OTHER", os.SCHED_FIFO: "SCHED_FIFO"}


def scheduling() -> tuple[str, int]:
    return NAMES.get(os.sched_getscheduler(0), "another"), os.sched_getparam(0).sched_priority


def encode(codec: str) -> None:
    with av.open(io.BytesIO(), "w", format="matroska") as container:
        stream = container.add_stream(codec, rate=2)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(2):
            container.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(stream.encode(None))


if os.geteuid() != 0:
    sys.exit("this needs to be run by root, as in a container")
print("PyAV", av.__version__)
found = {}
for codec in ("libx264", "libvpx-vp9", "libsvtav1"):
    encode(codec)
    found[codec] = scheduling()
    print(f"after {codec}:", *found[codec])
child = os.popen("chrt -p $$").read().strip()
print("a shell that it starts:", child.replace("\n", "; "))
expected = {"libx264": ("SCHED_OTHER", 0), "libvpx-vp9": ("SCHED_OTHER", 0), "libsvtav1": ("SCHED_FIFO", 99)}
sys.exit(0 if found == expected and "SCHED_FIFO" in child else "this has changed")
PY

#!/usr/bin/env bash
# Believed: Pillow either reads a valid TIFF rightly or raises. So: three kinds of 16 and 32 bits come out as other pictures, without a
#   warning. RGB of 16 bits stored plane by plane (PlanarConfiguration 2) has wrong colours, WhiteIsZero of 16 bits is a negative, and
#   unsigned 32-bit values above 2^31 are negative numbers.
# Version: Pillow 13.0.0. Date: 2026-11-28. Source: TIFF 6.0, sections 8 and "PlanarConfiguration"; seen on these files.
# Hurts: whoever shows scans and pictures of microscopes (16-bit planes are what some scanners and ImageJ's exports write).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pillow==13.0.0
"$work/venv/bin/python" - "$work" <<'PY'
import struct, sys
import PIL
from PIL import Image

print("Pillow", PIL.__version__)


def tiff(path, strips, bits, photometric, planar):
    tags = {256: [4], 257: [4], 258: bits, 259: [1], 262: [photometric], 277: [len(bits)], 278: [4], 284: [planar]}
    data, out = b"".join(strips), bytearray(b"II*\0" + struct.pack("<I", 8 + sum(map(len, strips))))
    places = [8 + sum(map(len, strips[:index])) for index in range(len(strips))]
    tags |= {273: places, 279: [len(strip) for strip in strips]}
    entries, behind, at = b"", b"", 8 + len(data) + 2 + 12 * len(tags) + 4
    for tag, values in sorted(tags.items()):
        letter, kind = ("H", 3) if tag in (258, 259, 262, 277, 284) else ("I", 4)
        packed = struct.pack(f"<{len(values)}{letter}", *values)
        place = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack("<I", at + len(behind))
        behind += packed if len(packed) > 4 else b""
        entries += struct.pack("<HHI", tag, kind, len(values)) + place
    open(path, "wb").write(bytes(out) + data + struct.pack("<H", len(tags)) + entries + bytes(4) + behind)


def plane(value, letter="H"):
    return struct.pack(f"<16{letter}", *[value] * 16)


folder, wrong = sys.argv[1], []
tiff(f"{folder}/together.tif", [b"".join(struct.pack("<3H", 65535, 32768, 0) for _ in range(16))], [16] * 3, 2, 1)
tiff(f"{folder}/planes.tif", [plane(65535), plane(32768), plane(0)], [16] * 3, 2, 2)
tiff(f"{folder}/negative.tif", [plane(0)], [16], 0, 1)
tiff(f"{folder}/large.tif", [plane(4_000_000_000, "I")], [32], 1, 1)
together, planes = (Image.open(f"{folder}/{name}.tif") for name in ("together", "planes"))
print("orange, samples together:", together.getpixel((1, 1)), "the same, plane by plane:", [planes.getpixel((x, 1)) for x in range(4)])
wrong.append(together.getpixel((1, 1)) == (255, 128, 0) and {planes.getpixel((x, 1)) for x in range(4)} != {(255, 128, 0)})
white = Image.open(f"{folder}/negative.tif").getpixel((0, 0))
print("WhiteIsZero, 0 is white; as Pillow has it:", white)
wrong.append(white == 0)
large = Image.open(f"{folder}/large.tif").getpixel((0, 0))
print("4000000000 as Pillow has it:", large)
wrong.append(large < 0)
sys.exit(0 if all(wrong) else "this has changed")
PY

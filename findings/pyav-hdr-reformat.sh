#!/usr/bin/env bash
# Believed: VideoFrame.reformat with dst_color_trc brings an HDR10 frame to BT.709 as a player would, at the speed of a conversion. So:
#   one frame of 96x64 pixels takes seconds (swscale builds its tables anew in every call), and where the stream carries mastering
#   metadata, as all HDR10 does, paper white comes out at half its brightness; the same frame without it is right.
# Version: PyAV 18.1.0 (libswscale 9.5). Date: 2026-11-28. Source: ITU-R BT.2408 (paper white is 203 cd/m2, PQ code 0.58); seen here.
# Hurts: whoever takes thumbnails or frames for a model from HDR videos of phones and cameras.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check av==18.1.0
"$work/venv/bin/python" - "$work" <<'PY'
import sys, time
import av

print("PyAV", av.__version__, "libswscale", av.library_versions["libswscale"])
MASTERING = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400:hdr10=1"


def paper_white(path, parameters):
    with av.open(path, "w") as container:
        stream = container.add_stream("libx265", rate=1, options={"x265-params": f"log-level=none:{parameters}", "crf": "4"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries, context.colorspace, context.color_range = 16, 9, 9, 1
        frame = av.VideoFrame(96, 64, "yuv420p10le")
        for plane, level in zip(frame.planes, (573, 512, 512)):  # 64 + 876 * 0.58
            plane.update(level.to_bytes(2, "little") * (plane.buffer_size // 2))
        frame.color_trc, frame.color_primaries, frame.colorspace, frame.color_range, frame.pts = 16, 9, 9, 1, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(path) as container:
        frame = next(container.decode(video=0))
    began = time.process_time()
    shown = frame.reformat(96, 64, "rgb24", dst_colorspace="ITU709", dst_color_trc=1, dst_color_primaries=1)
    return bytes(shown.planes[0])[3 * 40], time.process_time() - began


plain, seconds = paper_white(f"{sys.argv[1]}/plain.mp4", "repeat-headers=1")
mastered, again = paper_white(f"{sys.argv[1]}/mastered.mp4", MASTERING)
print(f"paper white without mastering metadata: {plain} of 255, {seconds:.1f} s of processor time")
print(f"paper white with it: {mastered} of 255, {again:.1f} s")
sys.exit(0 if plain > 220 and mastered < 0.75 * plain and min(seconds, again) > 0.3 else "this has changed")
PY

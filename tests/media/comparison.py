"""What was sent against the truth, in pixels."""

from __future__ import annotations

import io

from PIL import Image, ImageChops, ImageStat
from PIL.Image import Transpose

from minicpm_tui.errors import MediaError
from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, Prepared, prepare
from minicpm_tui.messages import VideoPart
from tests.media.samples.sample import Sample

LIMITS = MediaLimits(family=by_id("minicpm-v-2.6"))
_TILE = 8


def faults(sample: Sample) -> list[str]:
    """What is wrong with how a sample is sent; empty when nothing is."""
    try:
        prepared = prepare(AttachmentSpec(path=sample.path, **sample.wishes), LIMITS)
    except MediaError as error:
        right = sample.refused and sample.refused in str(error)
        return [] if right else [f"refused: {error}"]
    if sample.refused:
        return [f"not refused: {sample.refused}"]
    said = " | ".join(prepared.notes)
    found = [f"not said: {words} (but: {said})" for words in sample.says if words not in said]
    if sample.silent and said:
        found.append(f"said: {said}")
    if not sample.truth:
        return found
    return found + (_frames(sample, prepared) if sample.rate else _picture(sample, prepared))


def _picture(sample: Sample, prepared: Prepared) -> list[str]:
    if isinstance(prepared.part, VideoPart):
        return ["sent as a video"]
    [blob] = prepared.blobs.values()
    return differences(Image.open(io.BytesIO(blob.data)).convert("RGB"), sample.truth[0], sample)


def _frames(sample: Sample, prepared: Prepared) -> list[str]:
    """Each frame must be the one that its time names."""
    if not isinstance(prepared.part, VideoPart) or not sample.rate:
        return ["sent as a picture"]
    found = []
    last = -1
    for frame in prepared.part.frames:
        image = Image.open(io.BytesIO(prepared.blobs[frame.sha256].data)).convert("RGB")
        index = min(range(len(sample.truth)), key=lambda at, image=image: _difference(image, sample.truth[at])[0])  # type: ignore[misc]
        if index <= last:
            found.append(f"frame {index} comes after {last}")
        if abs(frame.time - index / sample.rate) > 0.6 / sample.rate:
            found.append(f"frame {index} is said to be at {frame.time} s")
        found += [f"frame {index}: {each}" for each in differences(image, sample.truth[index], sample)]
        last = index
    if last < 0.8 * (len(sample.truth) - 1):
        found.append(f"ends with frame {last} of {len(sample.truth)}")
    return found


def differences(sent: Image.Image, truth: Image.Image, sample: Sample) -> list[str]:
    """Shape, mean, worst tile and orientation."""
    if abs(sent.width / sent.height / (truth.width / truth.height) - 1) > 0.04:
        return [f"sent as {sent.size} instead of {truth.size}"]
    mean, tile = _difference(sent, truth)
    found = [f"differs by {mean:.1f} on average"] if mean > sample.mean else []
    found += [f"differs by {tile:.1f} in a tile"] if tile > sample.tile else []
    turned = min(_difference(sent.transpose(turn).resize(truth.size), truth)[0] for turn in Transpose)
    return [*found, "is turned"] if turned < mean else found


def _difference(sent: Image.Image, truth: Image.Image) -> tuple[float, float]:
    """Of 255: the mean over all channels, and that of the worst tile and channel."""
    if sent.width * sent.height > truth.width * truth.height:
        sent = sent.resize(truth.size, Image.Resampling.BOX)
    else:
        truth = truth.resize(sent.size, Image.Resampling.LANCZOS)
    off = ImageChops.difference(sent, truth)
    mean = sum(ImageStat.Stat(off).mean) / 3
    tiles = off.reduce(_TILE) if min(off.size) > _TILE else off
    return mean, max(high for _low, high in tiles.getextrema())  # type: ignore[misc]

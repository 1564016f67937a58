"""DICOM pictures: signed values with a window, inverted ones, colours, several frames."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.media.samples.sample import SIZE, Sample, scene, values


def make(folder: Path, random: Random) -> Iterator[Sample]:
    """All of them."""
    colour = scene(random)
    grey = colour.convert("L")
    shown = grey.convert("RGB")
    signed = struct.pack(f"<{SIZE[0] * SIZE[1]}h", *(round(value * 2000) for value in values(grey)))
    window: dict[str, Any] = {"WindowCenter": 0, "WindowWidth": 2000, "RescaleSlope": 1, "RescaleIntercept": -1000}
    (folder / "ct.dcm").write_bytes(dicom(signed, bits=16, signed=True, **window))
    yield Sample(folder / "ct.dcm", (shown,), mean=2, tile=8, says=("values from -1,000 to 1,000",))
    inverted = bytes(255 - value for value in grey.tobytes())
    (folder / "xray.dcm").write_bytes(dicom(inverted, kind="MONOCHROME1"))
    yield Sample(folder / "xray.dcm", (shown,), mean=2, tile=8)
    twelve = struct.pack(f"<{SIZE[0] * SIZE[1]}H", *(round(value * 4095) for value in values(grey)))
    (folder / "twelve.dcm").write_bytes(dicom(twelve, bits=16, stored=12))
    yield Sample(folder / "twelve.dcm", (shown,), mean=2, tile=8, says=("4,095",))
    (folder / "colour.dcm").write_bytes(dicom(colour.tobytes(), kind="RGB", channels=3))
    yield Sample(folder / "colour.dcm", (colour,), mean=2, tile=8)
    planes = [scene(random).convert("L") for _ in range(3)]
    (folder / "frames.dcm").write_bytes(dicom(b"".join(plane.tobytes() for plane in planes), NumberOfFrames=3))
    for index, plane in enumerate(planes, 1):
        yield Sample(folder / "frames.dcm", (plane.convert("RGB"),), wishes={"page": index})
    yield Sample(folder / "frames.dcm", (planes[0].convert("RGB"),), says=("more pages",))


def dicom(
    pixels: bytes,
    *,
    bits: int = 8,
    stored: int = 0,
    signed: bool = False,
    kind: str = "MONOCHROME2",
    channels: int = 1,
    **more: Any,
) -> bytes:
    """A file of secondary capture with these samples."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = UID("1.2.3")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data: Any = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.Columns, data.Rows = SIZE
    data.SamplesPerPixel, data.PhotometricInterpretation = channels, kind
    data.BitsAllocated, data.BitsStored = bits, stored or bits
    data.HighBit, data.PixelRepresentation = data.BitsStored - 1, int(signed)
    if channels > 1:
        data.PlanarConfiguration = 0
    for name, value in more.items():
        setattr(data, name, value)
    data.PixelData = pixels
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()

"""DICOM: pictures of CT, MR, X-ray and ultrasound."""

from __future__ import annotations

from typing import Any

from PIL import Image as Images
from PIL.Image import Image
from PIL.ImageFile import ImageFile

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.extras import needed
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.tones import Range, grey, say_range, shown_range, values_of

_INVERTED = "MONOCHROME1"
_ALL = Range(0, 0)  # what the numbers mean by themselves is not known: how they are shown is always said


class DicomPicture(ImageFile):
    """An opened DICOM file; its frames are found with ``seek``. ``scale`` is the user's wish, see ``tones.shown_range``."""

    format = "DICOM"
    scale: str | None = None

    def __init__(self, opened: Opened) -> None:
        self._path = opened.path
        self._pydicom = needed("pydicom", "dicom", opened.path, _("a DICOM picture"))
        self._pixels = needed("pydicom.pixels", "dicom", opened.path, _("a DICOM picture"))
        needed("numpy", "dicom", opened.path, _("a DICOM picture"))
        super().__init__(opened.file)

    def _open(self) -> None:
        if self.fp is None:
            raise SyntaxError("closed")
        self.fp.seek(0)
        self._set = self._pydicom.dcmread(self.fp)
        if "PixelData" not in self._set:
            raise MediaUnsupported(shown(self._path), title=_("This DICOM file has no picture"), hint=_("it contains only data"))
        self._size = int(self._set.Columns), int(self._set.Rows)
        self._mode = "L" if self._set.get("SamplesPerPixel", 1) == 1 else "RGB"
        self.n_frames = int(self._set.get("NumberOfFrames", 1) or 1)
        self.is_animated = self.n_frames > 1
        self._frame = 0
        self.tile = []

    def seek(self, frame: int) -> None:
        """Stand at a frame, from 0. Raises EOFError behind the last."""
        if not 0 <= frame < self.n_frames:
            raise EOFError(frame)
        if frame != self._frame:
            self._frame, self._im = frame, None

    def tell(self) -> int:
        """The frame that it stands at."""
        return self._frame

    def load(self) -> Any:
        """Decode it. Raises MediaUnsupported for a compression that nothing installed can undo."""
        if self._im is None:
            picture = self._decoded()
            self.im, self._mode = picture.im, picture.mode
        return Images.Image.load(self)

    def _decoded(self) -> Image:
        try:
            pixels = self._pixels.pixel_array(self._set, index=self._frame)
        except (RuntimeError, NotImplementedError) as error:
            name = self._set.file_meta.TransferSyntaxUID.name
            text = _("{name} is a DICOM picture of a compression that cannot be read here: {kind}")
            hint = _("save it without compression")
            raise MediaUnsupported(text.format(name=shown(self._path), kind=name), hint=hint) from error
        if self._set.PhotometricInterpretation == "PALETTE COLOR":
            pixels = (self._pixels.apply_color_lut(pixels, self._set) >> 8).astype("uint8")
        if pixels.ndim == 3:
            return Images.frombytes("RGB", self.size, pixels.astype("uint8").tobytes())
        plane = Images.frombytes(
            "F", self.size, self._pixels.apply_rescale(pixels, self._set).astype("<f4").tobytes(), "raw", "F;32F"
        )
        values = values_of([plane])
        window = self._window()
        chosen = window if window and not self.scale else shown_range(values, Range(*values), self.scale)
        say_range(self, chosen, _ALL, self.scale)
        return grey([plane], values, chosen, inverted=self._set.PhotometricInterpretation == _INVERTED)[0]

    def _window(self) -> Range | None:
        """The values that the file asks to be shown."""
        centre, width = self._set.get("WindowCenter"), self._set.get("WindowWidth")
        if centre is None or width is None:
            return None
        centre, width = (float(each[0]) if hasattr(each, "__getitem__") else float(each) for each in (centre, width))
        return Range(centre - width / 2, centre + width / 2) if width > 0 else None

"""The checkpoint's image processor: MiniCPM-V 2.6's slicing, its placeholders, and patches of 14×14 pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers.image_processing_utils import BaseImageProcessor, BatchFeature

_UNSLICED_DIMENSIONS = 4
"""A video comes as one array: frames, rows, columns, colours."""


def _fit(size: tuple[float, float], scale: int, patch: int, *, enlarge: bool) -> tuple[int, int]:
    """The nearest multiples of ``patch`` for a picture brought to ``scale``² pixels."""
    width, height = size
    if width * height > scale * scale or enlarge:
        ratio = width / height
        height = int(scale / math.sqrt(ratio))
        width = int(height * ratio)
    return max(round(width / patch) * patch, patch), max(round(height / patch) * patch, patch)


class MiniCPMVImageProcessor(BaseImageProcessor):
    model_input_names = ["pixel_values"]  # noqa: RUF012 - transformers reads it as it is

    def __init__(self, max_slice_nums: int = 9, scale_resolution: int = 448, patch_size: int = 14, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_slice_nums = max_slice_nums
        self.scale_resolution = scale_resolution
        self.patch_size = patch_size
        self.use_image_id = kwargs.pop("use_image_id", True)
        self.image_feature_size = kwargs.pop("image_feature_size", 64)
        self.slice_mode = kwargs.pop("slice_mode", True)
        self.im_start_token, self.im_end_token = "<image>", "</image>"
        self.slice_start_token, self.slice_end_token = "<slice>", "</slice>"
        self.im_id_start, self.im_id_end = "<image_id>", "</image_id>"
        self.unk_token = "<unk>"

    def get_sliced_grid(
        self, image_size: tuple[int, int], max_slice_nums: int | None = None, never_split: bool = False
    ) -> tuple[int, int] | None:
        """Columns and rows of the slices, None for a picture that is not sliced."""
        most = self.max_slice_nums if max_slice_nums is None else int(max_slice_nums)
        width, height = int(image_size[0]), int(image_size[1])
        wanted = min(math.ceil(width * height / self.scale_resolution**2), most)
        if wanted <= 1 or never_split:
            return None
        counts = [number for number in (wanted - 1, wanted, wanted + 1) if 1 < number <= most]
        grids = [(columns, number // columns) for number in counts for columns in range(1, number + 1) if not number % columns]
        return min(grids, key=lambda grid: abs(math.log(width / height) - math.log(grid[0] / grid[1])))

    def slices(self, image: Image.Image, max_slice_nums: int | None = None) -> list[Image.Image]:
        """The overview and the slices."""
        patch, scale = self.patch_size, self.scale_resolution
        grid = self.get_sliced_grid(image.size, max_slice_nums)
        overview = image.resize(_fit(image.size, scale, patch, enlarge=grid is None), Image.Resampling.BICUBIC)
        if grid is None:
            return [overview]
        columns, rows = grid
        width, height = _fit((image.width / columns, image.height / rows), scale, patch, enlarge=True)
        large = image.resize((width * columns, height * rows), Image.Resampling.BICUBIC)
        boxes = [
            (column * width, row * height, (column + 1) * width, (row + 1) * height)
            for row in range(rows)
            for column in range(columns)
        ]
        return [overview, *(large.crop(box) for box in boxes)]

    def get_slice_image_placeholder(
        self, image_size: tuple[int, int], image_idx: int = 0, max_slice_nums: int | None = None, use_image_id: bool | None = None
    ) -> str:
        """The text that stands for the picture in the prompt."""
        grid = self.get_sliced_grid(image_size, max_slice_nums)
        unknown = self.unk_token * self.image_feature_size
        text = f"{self.im_start_token}{unknown}{self.im_end_token}"
        if self.use_image_id if use_image_id is None else use_image_id:
            text = f"{self.im_id_start}{image_idx}{self.im_id_end}{text}"
        if grid is not None:
            row = f"{self.slice_start_token}{unknown}{self.slice_end_token}" * grid[0]
            text += "\n".join([row] * grid[1])
        return text

    def preprocess(
        self, images: Any, do_pad: bool = True, max_slice_nums: int | None = None, return_tensors: Any = None, **_kwargs: Any
    ) -> BatchFeature:
        """Patches, sizes and target sizes of groups of pictures."""
        pixels, sizes, targets = [], [], []
        for group in _groups(images):
            pictures = [_picture(image) for image in group]
            parts = [part for picture in pictures for part in self.slices(picture, max_slice_nums)]
            sizes.append([picture.size for picture in pictures])
            pixels.append([self._patches(part) for part in parts])
            patch = self.patch_size
            targets.append(torch.tensor([[part.height // patch, part.width // patch] for part in parts], dtype=torch.int32))
        return BatchFeature({"pixel_values": pixels, "image_sizes": sizes, "tgt_sizes": targets})

    def __call__(self, images: Any, **kwargs: Any) -> BatchFeature:
        return self.preprocess(images, **kwargs)

    def _patches(self, part: Image.Image) -> Any:
        patch = self.patch_size
        values = (torch.from_numpy(np.asarray(part, dtype=np.float32) / 255.0) - 0.5) / 0.5
        planes = values.permute(2, 0, 1)
        unfolded = torch.nn.functional.unfold(planes[None], (patch, patch), stride=(patch, patch))
        colours = planes.shape[0]
        return unfolded.reshape(colours, patch, patch, -1).permute(0, 1, 3, 2).reshape(colours, patch, -1)


def _groups(images: Any) -> list[Any]:
    """One list of pictures for each part of the prompt, whatever way they were given."""
    if isinstance(images, Image.Image) or (isinstance(images, np.ndarray) and images.ndim != _UNSLICED_DIMENSIONS):
        return [[images]]
    first = images[0]
    if not isinstance(first, (list, tuple)) and not (isinstance(first, np.ndarray) and first.ndim == _UNSLICED_DIMENSIONS):
        return [list(images)]
    return list(images)


def _picture(image: Any) -> Image.Image:
    return (image if isinstance(image, Image.Image) else Image.fromarray(np.asarray(image))).convert("RGB")

"""The fields of a record: which of them hold files, the question and the id, and how they are found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

FILE_FIELDS = (
    *("files", "file", "images", "image", "image_path", "image_paths", "image_file", "image_url", "image_urls"),
    *("img", "imgs", "img_path", "img_url", "picture", "pictures", "picture_path", "photo", "photos", "photo_path"),
    *("videos", "video", "video_path", "video_url", "filename", "file_name", "file_path", "filepath"),
)
TEXT_FIELDS = ("text", "prompt", "question")
ID_FIELDS = ("id", "custom_id")
_NUMBERED = re.compile(r"(?:image|img|picture|photo|file)(?:_path|_url)?[ _-]?(\d+)", re.IGNORECASE)

Value_co = TypeVar("Value_co", covariant=True)


class Fields(Mapping[str, Value_co]):
    """``fields`` that are found whatever the case of their names; a name that is written exactly so comes first."""

    def __init__(self, fields: Mapping[str, Value_co]) -> None:
        self._fields = fields
        self._names: dict[str, str] = {}
        for name in fields:
            self._names.setdefault(name.casefold(), name)

    def __getitem__(self, name: str) -> Value_co:
        return self._fields[self.written(name)]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._fields or name.casefold() in self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def written(self, name: str) -> str:
        """``name`` as it is written here. Raises KeyError."""
        return name if name in self._fields else self._names[name.casefold()]


def numbered(names: Mapping[str, object]) -> dict[str, int]:
    """The fields that hold one file each, with their numbers and in their order: ``image_1``, ``Image2`` …"""
    found = {name: int(match[1]) for name in names if (match := _NUMBERED.fullmatch(name))}
    return dict(sorted(found.items(), key=lambda each: each[1]))

"""``<image>`` in a text: where a picture of the record belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from minicpm_tui.batch.records import Content
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

_MARK = re.compile(r"<(image|video|audio)>|<image (\d+)>|(<image_\d+>)")


def first_mark(text: str) -> str:
    """The first place of a picture in ``text``, as it is written; empty without any."""
    match = _MARK.search(text)
    return match[0] if match else ""


def has_image_mark(text: str) -> bool:
    """Whether ``text`` has the place of a picture, be it numbered or named."""
    return any(match[1] in {None, "image"} for match in _MARK.finditer(text))


class Marks:
    """Puts the files of a record into its texts.

    ``images`` and ``videos`` are the numbers of its files that ``<image>`` and ``<video>`` stand for, each in its turn; ``named``
    those of marks with a name (``<image_00>``). ``<image 2>`` is the second image.
    """

    def __init__(
        self, images: Sequence[int], videos: Sequence[int] = (), named: Mapping[str, int] | None = None, *, place: str
    ) -> None:
        self._turns = {"image": iter(images), "video": iter(videos), "audio": iter(())}
        self._images = images
        self._named = named or {}
        self._place = place
        self._used: set[int] = set()
        self._all = {*images, *videos, *self._named.values()}

    def content(self, text: str) -> Content:
        """``text`` with files in the place of marks. Raises UsageError for a mark that no file is left for."""
        return tuple(self._pieces(text))

    def finish(self) -> None:
        """Raises UsageError when some files have no mark."""
        if left := len(self._all - self._used):
            raise UsageError(
                _("{place}: {marks} of its {files} files have a mark such as <image>: give one to each, or to none").format(
                    place=self._place, marks=len(self._used), files=len(self._used) + left
                )
            )

    def _pieces(self, text: str) -> Iterator[str | int]:
        place = 0
        for match in _MARK.finditer(text):
            if match[3] and match[3] not in self._named:  # some other tag
                continue
            if before := text[place : match.start()].strip():
                yield before
            place = match.end()
            number = self._number(match)
            self._used.add(number)
            yield number
        if rest := text[place:].strip():
            yield rest

    def _number(self, match: re.Match[str]) -> int:
        number: int | None
        if match[1]:
            number = next(self._turns[match[1]], None)
        elif match[2]:
            wanted = int(match[2])
            number = self._images[wanted - 1] if 0 < wanted <= len(self._images) else None
        else:
            number = self._named[match[3]]
        if number is None:
            raise UsageError(_("{place}: no file is left for {mark}").format(place=self._place, mark=match[0]))
        return number

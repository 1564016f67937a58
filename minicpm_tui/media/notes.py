"""What the user should know of a picture, kept with it while it is opened and decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_NOTES = "minicpm-tui notes"  # in the picture's ``info``, which goes with it into copies


def remember(image: Image, note: str) -> None:
    """Keep ``note`` (translated) with the picture, once."""
    notes = image.info.get(_NOTES, ())
    if note not in notes:
        image.info[_NOTES] = (*notes, note)


def notes_of(image: Image) -> tuple[str, ...]:
    """What was remembered of the picture."""
    notes = image.info.get(_NOTES, ())
    return notes if isinstance(notes, tuple) else ()

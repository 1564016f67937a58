"""Draws one page of a PDF, as a program of its own: ``pdf_child.py PAGE WIDTH HEIGHT < FILE > RGB``.

PDFium reads a page in one go, which a few hundred bytes can make last for ever, and nothing inside a process can stop it. It
imports nothing of the package, so that it starts quickly.
"""

from __future__ import annotations

import resource
import sys

MOST_SECONDS = 60
"""Of processor time for a page, also when nobody waits any more."""

_MOST_BYTES = 2 << 30


def main(page: int, width: int, height: int) -> None:
    """Write ``page`` (from 0) to standard output, ``width``×``height`` pixels."""
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
    import pypdfium2
    from PIL.Image import Resampling

    drawn = pypdfium2.PdfDocument(sys.stdin.buffer)[page]
    wide, high = (max(float(side), 1.0) for side in drawn.get_size())
    image = drawn.render(scale=max(width / wide, height / high)).to_pil().convert("RGB")
    sys.stdout.buffer.write(image.resize((width, height), Resampling.LANCZOS).tobytes())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

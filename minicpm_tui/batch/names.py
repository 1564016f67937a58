"""File names that are no UTF-8, where text is needed."""

from __future__ import annotations

import os


def is_text(name: str) -> bool:
    """Whether ``name`` can be written as UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def writable(name: str) -> str:
    r"""``name`` as text for people and for JSON: bytes that are no UTF-8 become ``\xff``, others that are none ``?``."""
    if is_text(name):
        return name
    try:
        return os.fsencode(name).decode(errors="backslashreplace")
    except UnicodeEncodeError:  # not from a file system
        return name.encode(errors="replace").decode()

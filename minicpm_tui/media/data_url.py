"""Pictures that are text: ``data:`` URLs (RFC 2397) and bare base64, as tables hold them."""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote_to_bytes

from minicpm_tui.errors import MediaDamaged
from minicpm_tui.i18n import _
from minicpm_tui.media.sniff import HEAD, sniff
from minicpm_tui.text import one_line

_LEAST = 64
"""A shorter text is a name, whatever it decodes to."""


def is_data_url(file: str) -> bool:
    """Whether ``file`` holds its own bytes."""
    return file[:5].lower() == "data:"


def data_of(url: str) -> bytes:
    """The bytes of a ``data:`` URL. Raises MediaDamaged when there are none."""
    head, comma, body = url.partition(",")
    data = unquote_to_bytes(body)
    try:
        if head.lower().endswith(";base64"):
            data = base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        data = b""
    if not comma or not data:
        raise MediaDamaged(one_line(url, 60), title=_("This data: URL has no data"), hint=_("write data:image/png;base64,…"))
    return data


@contextmanager
def on_disk(files: Sequence[str], name: str) -> Iterator[list[str]]:
    """``files`` with those that hold their own bytes as temporary ones, called ``name`` and a number. Raises MediaDamaged."""
    if not any(map(is_data_url, files)):
        yield list(files)
        return
    with tempfile.TemporaryDirectory(prefix="minicpm-tui-") as folder:
        found = list(files)
        for number, file in enumerate(files, 1):
            if is_data_url(file):
                path = Path(folder) / f"{name}-{number}"
                path.write_bytes(data_of(file))
                found[number - 1] = str(path)
        yield found


def data_url(data: bytes) -> str:
    """A ``data:`` URL that holds ``data``."""
    return f"data:{sniff(data[:HEAD]).media_type or 'application/octet-stream'};base64,{base64.b64encode(data).decode()}"


def is_base64_media(text: str) -> bool:
    """Whether ``text`` is a picture, video or PDF in base64: by its first bytes, so that a path is never taken for one."""
    if len(text) < _LEAST:
        return False
    head = "".join(text[: HEAD // 3 * 4].split())
    try:
        data = base64.b64decode(head[: len(head) // 4 * 4], validate=True)
    except (binascii.Error, ValueError):
        return False
    return sniff(data).kind != "other"

"""The whole app with saved sessions; no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving
from minicpm_tui.messages import Blob, ImagePart, Message, TextPart
from minicpm_tui.sessions.journal import Journal
from tests.sessions.talk import AT, answer
from tests.ui.chat.conftest import Driver, open_app

Opener = Callable[..., AbstractAsyncContextManager[Driver]]


@pytest.fixture
def opened() -> Opener:
    """``async with opened(url=…) as driver``: the app, without a server unless one is named."""

    return partial(open_app, url="http://127.0.0.1:9")


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with serving(DemoOptions(tokens_per_second=0)) as running:
        yield running


@pytest.fixture
def with_picture(tmp_path: Path) -> str:
    """A saved session about a real picture."""
    path = tmp_path / "red.png"
    Image.new("RGB", (64, 48), "red").save(path)
    blob = Blob(path.read_bytes(), "image/png")
    with Journal.create() as journal:
        part = ImagePart("red.png", blob.sha256, 64, 48, media_type="image/png")
        journal.append_message(
            Message("u1", None, "user", (part, TextPart("What colour is it? 什么颜色")), AT), {blob.sha256: blob}
        )
        answer(journal, "a1", "u1", "It is **red**.")
    return journal.id

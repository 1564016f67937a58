"""A server that others started tells by its counts how it cuts pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from minicpm_tui.demo import prompt
from minicpm_tui.demo.testing import DemoServer
from minicpm_tui.families import Family, image_tokens, sliced
from minicpm_tui.media.spec import AttachmentSpec
from minicpm_tui.messages import ImagePart, media_of
from tests.chat.conftest import Opener, hear


async def test_another_slicing_is_learned_said_and_used(
    server: DemoServer, talking: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted(family: Family, *size: int, **more: Any) -> int:
        return image_tokens(sliced(family, 4), *size, **more)

    monkeypatch.setattr(prompt, "image_tokens", counted)
    photo = tmp_path / "photo.png"
    Image.effect_noise((1600, 1600), 80).convert("RGB").save(photo)
    async with talking(server) as session:
        before = await hear(session.send("What is this?", [AttachmentSpec(path=photo)]))
        [part] = media_of(session.tree.path()[-2].content)
        assert isinstance(part, ImagePart)
        assert part.width == 1344
        assert [notice for notice in before.notices if "cuts pictures otherwise" in notice]
        after = await hear(session.send("And this?", [AttachmentSpec(path=photo)], parent=None))
        [smaller] = media_of(session.tree.path()[-2].content)
        assert isinstance(smaller, ImagePart)
        assert smaller.width == 896
        assert not after.notices
    async with talking(server) as again:
        assert again.connection.family.slicing.max_slices < 9


async def test_a_server_that_counts_as_expected_teaches_nothing(server: DemoServer, talking: Opener, picture: Path) -> None:
    async with talking(server) as session:
        answer = await hear(session.send("What is this?", [AttachmentSpec(path=picture)] * 3))
        assert not answer.notices
        assert session.connection.memory.slicing is None

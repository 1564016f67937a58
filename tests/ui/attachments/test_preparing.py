"""Attachments are prepared for the model that will see them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from minicpm_tui.chat.preparer import Preparer
from minicpm_tui.families import by_id, sliced
from minicpm_tui.media import AttachmentSpec, MediaLimits
from minicpm_tui.ui.attachments.attachment import Attachment
from minicpm_tui.ui.attachments.prepare_queue import PrepareQueue
from tests.media.counting import opens_of
from tests.media.making import clip

V26 = by_id("minicpm-v-2.6")


async def test_what_was_made_for_another_model_meanwhile_is_thrown_away(tmp_path: Path) -> None:
    Image.new("RGB", (2000, 2000)).save(tmp_path / "a.png")
    preparer, attachment = Preparer(MediaLimits(family=V26)), Attachment(AttachmentSpec(path=tmp_path / "a.png"))

    def another_model(_attachment: Attachment) -> None:
        preparer.limits = MediaLimits(family=sliced(V26, 1))

    queue = PrepareQueue(preparer, another_model)
    await queue.prepare(attachment, lambda: [attachment])
    assert attachment.prepared is None
    assert not attachment.done.is_set()
    await queue.prepare(attachment, lambda: [attachment])
    assert attachment.tokens == 69
    assert attachment.done.is_set()


async def test_a_video_is_opened_once_to_be_shown_and_prepared(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 30)
    shown: list[str] = []
    queue = PrepareQueue(Preparer(MediaLimits(family=V26)), lambda attachment: shown.append(attachment.facts()))
    attachment = Attachment(AttachmentSpec(path=path))
    with opens_of(path) as opens:
        await queue.prepare(attachment, lambda: [attachment])
    assert attachment.prepared is not None
    assert len(opens) == 1
    assert any(facts.startswith("0:") and "preparing" in facts for facts in shown), shown


async def test_without_a_server_it_is_looked_at_and_waits(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", 30)
    attachment = Attachment(AttachmentSpec(path=path))
    await PrepareQueue(Preparer(), lambda _attachment: None).prepare(attachment, lambda: [attachment])
    assert attachment.info is not None
    assert attachment.info.duration is not None
    assert not attachment.done.is_set()

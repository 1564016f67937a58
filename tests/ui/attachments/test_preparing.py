"""Attachments are prepared for the model that will see them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits
from minicpm_tui.ui.attachments.attachment import Attachment
from minicpm_tui.ui.attachments.prepare_queue import Preparing


def tokens_of(attachment: Attachment) -> int | None:
    return attachment.prepared.tokens if attachment.prepared else None


async def test_what_was_made_for_another_model_meanwhile_is_thrown_away(tmp_path: Path) -> None:
    Image.new("RGB", (2000, 2000)).save(tmp_path / "a.png")
    limits = [MediaLimits(family=by_id("minicpm-v-2.6")), MediaLimits(family=by_id("minicpm-v-2.6"), max_slices=1)]
    preparing, attachment = Preparing(lambda _attachment: None), Attachment(AttachmentSpec(path=tmp_path / "a.png"))
    await preparing.prepare(attachment, lambda: limits.pop(0) if len(limits) > 1 else limits[0])
    assert tokens_of(attachment) is None
    assert not attachment.done.is_set()
    await preparing.prepare(attachment, lambda: limits[0])
    assert tokens_of(attachment) == 69
    assert attachment.done.is_set()

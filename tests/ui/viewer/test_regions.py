"""Where the reply says things are is drawn on the picture, and can be hidden."""

from __future__ import annotations

import io

from PIL import Image
from textual.widgets import Static

from minicpm_tui.messages import Blob, ImagePart, Message, Role, TextPart
from minicpm_tui.sessions import Journal
from minicpm_tui.ui.viewer.canvas import Canvas
from minicpm_tui.ui.viewer.of_message import nearest_media, of_message
from minicpm_tui.ui.viewer.screen import Viewer
from tests.ui.viewer.test_viewer import Host, encoded
from tests.waiting import until


def journal_of(*texts: str) -> Journal:
    """A picture's message, and then these, the model's and the user's in turn."""
    journal = Journal.create()
    blob = encoded("white", (448, 448))
    part = ImagePart("cat.jpg", blob.sha256, 448, 448)
    journal.append_message(Message("m0", None, "user", (part, TextPart("Where?")), "2026-11-28T12:00:00Z"), {blob.sha256: blob})
    for number, text in enumerate(texts):
        role: Role = "user" if number % 2 else "assistant"
        message = Message(f"m{number + 1}", f"m{number}", role, (TextPart(text),), "2026-11-28T12:00:01Z")
        journal.append_message(message)
    return journal


async def test_boxes_of_the_replies_are_drawn_and_hidden() -> None:
    reply = "<ref>cat</ref><box>0 0 500 1000</box> and <ref>狗</ref><box>500 0 1000 1000</box>"
    journal = journal_of(reply, "thanks")
    message = nearest_media(journal, "m1")
    assert message is not None
    assert message.id == "m0"
    views = of_message(message, journal, None)
    app = Host()
    async with app.run_test(size=(60, 24)) as pilot:
        await app.push_screen(Viewer(views))
        canvas, caption = app.screen.query_one(Canvas), app.screen.query_one("#caption", Static)
        await until(lambda: canvas.drawn, pilot)
        assert "1 cat" in str(caption.render())
        assert "2 狗" in str(caption.render())
        marked = canvas.render_line(10)
        await pilot.press("b")
        await until(lambda: canvas.render_line(10) != marked, pilot)
        assert "cat" not in str(caption.render()).replace("cat.jpg", "")
        await pilot.press("b")
        await until(lambda: canvas.render_line(10) == marked, pilot)
    journal.close()


def test_boxes_of_another_picture_are_not_drawn() -> None:
    journal = journal_of("none here")
    blob = Blob(png := _png(), "image/png")
    part = ImagePart("dog.png", blob.sha256, 8, 8)
    journal.append_message(Message("n0", "m1", "user", (part,), "2026-11-28T12:00:02Z"), {blob.sha256: blob})
    journal.append_message(Message("n1", "n0", "assistant", (TextPart("<box>0 0 9 9</box>"),), "2026-11-28T12:00:03Z"))
    first, second = (journal.tree.messages[name] for name in ("m0", "n0"))
    assert png
    assert of_message(first, journal, None)[0].regions == ()
    assert len(of_message(second, journal, None)[0].regions) == 1
    journal.close()


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    return buffer.getvalue()

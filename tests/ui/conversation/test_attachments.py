"""Many pictures of a message share a line; a key or a click lists them."""

from __future__ import annotations

from minicpm_tui.messages import Frame, ImagePart, Message, Source, TextPart, VideoPart
from minicpm_tui.ui.viewer.thumbnails import FRAMES, _digests
from tests.ui.conversation.host import AT, Host, reply


def pictures(count: int) -> tuple[ImagePart, ...]:
    return tuple(
        ImagePart(f"p{number}.jpg", f"{number:064}", 64, 48, source=Source(path=f"/trip/p{number}.jpg", bytes=500_000))
        for number in range(count)
    )


def question(*parts: ImagePart | VideoPart) -> Message:
    return Message("u1", None, "user", (*parts, TextPart("what are these?")), AT)


async def test_a_folder_is_one_line_until_it_is_unfolded() -> None:
    app = Host([question(*pictures(300)), reply(1, "a trip")])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert app.shows("▣ 300 pictures · 150 MB ▸")
        assert app.shows("a trip")
        await pilot.press("home", "a")
        assert app.shows("▣ 300 pictures · 150 MB ▾")
        assert app.shows("▣ p0.jpg · 64×48")
        await pilot.press("end")
        assert app.shows("▣ p299.jpg · 64×48")
        await pilot.press("a", "home")
        assert not app.shows("p0.jpg")
        await pilot.click(offset=(6, 0))
        assert app.shows("p0.jpg")


async def test_few_pictures_and_videos_have_a_line_each() -> None:
    video = VideoPart("film.mp4", (Frame("f", 0.0),), width=64, height=48)
    app = Host([question(*pictures(3), video, *pictures(2)), reply(1, "six")])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert [line.split()[2] for line in app.screen_text if "▣" in line or "▶" in line] == [
            "p0.jpg", "p1.jpg", "p2.jpg", "film.mp4", "p0.jpg", "p1.jpg",
        ]  # fmt: skip
        assert app.pane.cursor.attached is None


async def test_pages_are_named_by_their_document() -> None:
    pages = tuple(
        ImagePart(f"book.pdf {page}", f"{page:064}", 64, 48, source=Source(path="/book.pdf", bytes=1000, page=page))
        for page in (1, 2, 3, 4, 5, 9)
    )
    app = Host([question(*pages)])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert app.shows("▣ book.pdf · pages 1-5,9 · 1.0 kB ▸")


def test_a_folder_has_one_line_of_thumbnails() -> None:
    many = pictures(300)
    shown = _digests(many)
    assert len(shown) == FRAMES
    assert (shown[0], shown[-1]) == (many[0].sha256, many[-1].sha256)
    assert len(_digests(pictures(3))) == 3

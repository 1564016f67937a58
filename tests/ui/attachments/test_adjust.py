"""What is sent of a file can be chosen, and a wish that makes no sense is refused where it is written."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from textual.app import App
from textual.widgets import Checkbox, Input, Label

from minicpm_tui.families import by_id
from minicpm_tui.media.spec import AttachmentSpec, MediaInfo, MediaLimits
from minicpm_tui.ui.attachments.adjust import Adjust, seconds_of
from minicpm_tui.ui.attachments.attachment import Attachment
from tests.waiting import until

FILM = MediaInfo(kind="video", name="film.mp4", format="MP4", bytes=1000, width=64, height=48, duration=90.0)


Answers = list[list[AttachmentSpec] | None]


def film() -> Attachment:
    return Attachment(AttachmentSpec(path=Path("film.mp4")), FILM)


@pytest.mark.parametrize(("text", "seconds"), [("", None), ("7", 7), ("0:07.5", 7.5), ("1:02:03", 3723), (" 12:34 ", 754)])
def test_times(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["x", "1:2:3:4", "-3", "1h"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="write seconds"):
        seconds_of(text)


async def answer(
    form: Adjust, values: dict[str, str], *, original: bool = False
) -> tuple[list[list[AttachmentSpec] | None], str]:
    """Fill the form in and take it; what it answered and what it complained of."""
    answers: Answers = []
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(form, answers.append)
        for name, value in values.items():
            form.query_one(f"#{name}", Input).value = value
        form.query_one("#original", Checkbox).value = original
        problem = form.query_one("#problem", Label)
        await pilot.press("ctrl+s")
        await pilot.pause()
        return answers, str(problem.render())


async def test_a_part_of_a_video() -> None:
    answers, _problem = await answer(Adjust([film()], None), {"start": "0:10", "end": "20", "count": "12"})
    assert answers == [[AttachmentSpec(path=Path("film.mp4"), start=10.0, end=20.0, count=12)]]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"start": "20", "end": "10"}, "must be after"),
        ({"start": "95"}, "ends at 1:30"),
        ({"end": "99999"}, "ends at 1:30"),
        ({"count": "0"}, "1 or more"),
        ({"end": "soon"}, "write seconds"),
    ],
)
async def test_nonsense_is_said_and_the_form_stays(values: dict[str, str], problem: str) -> None:
    answers, said = await answer(Adjust([film()], None), values)
    assert answers == []
    assert problem in said


async def test_what_the_server_does_not_take_is_refused() -> None:
    answers, said = await answer(
        Adjust([film()], None, MediaLimits(family=by_id("minicpm-v-2.6"), num_frames=32)), {"count": "33"}
    )
    assert answers == []
    assert "32 frames: the server takes no more" in said


async def test_typing_works_at_once_and_enter_applies() -> None:
    answers: list[list[AttachmentSpec] | None] = []
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(Adjust([film()], None), answers.append)
        await pilot.press(*"10", "down", *"0:20", "tab", *"12", "enter", "enter")
        await until(lambda: answers, pilot)
    assert answers == [[AttachmentSpec(path=Path("film.mp4"), start=10.0, end=20.0, count=12)]]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (AttachmentSpec(start=10.0, end=20.5, count=12), "0:10 to 0:20.5 · 12 frames wanted · 1:30"),
        (AttachmentSpec(start=10.0), "0:10 to 1:30 · 1:30"),
        (AttachmentSpec(original=True), "sent as the original · 1:30"),
        (AttachmentSpec(slices=1), "at most 1 slice · 1:30"),
    ],
)
def test_the_row_says_what_was_chosen(wish: AttachmentSpec, said: str) -> None:
    assert Attachment(wish, FILM).facts().startswith(said)


async def test_a_picture_has_only_the_choice_to_be_sent_as_it_is() -> None:
    picture = Attachment(AttachmentSpec(path=Path("a.jpg")))
    answers, _problem = await answer(Adjust([picture], None), {}, original=True)
    assert answers == [[AttachmentSpec(path=Path("a.jpg"), original=True)]]


def pages(*numbers: int) -> list[Attachment]:
    info = MediaInfo(kind="pdf", name="book.pdf", format="PDF", bytes=1000, width=595, height=842, pages=12)
    return [Attachment(AttachmentSpec(path=Path("book.pdf"), page=number), info) for number in numbers]


@pytest.mark.parametrize(("text", "chosen"), [("2-4,8", [2, 3, 4, 8]), ("11-", [11, 12]), ("5", [5]), ("", list(range(1, 13)))])
async def test_pages_of_a_document(text: str, chosen: list[int]) -> None:
    answers, _problem = await answer(Adjust(pages(1, 2, 3), None), {"pages": text})
    assert answers == [[AttachmentSpec(path=Path("book.pdf"), page=number) for number in chosen]]


@pytest.mark.parametrize(("text", "problem"), [("10-13", "it has 12 pages"), ("3-2", "write pages"), ("x", "write pages")])
async def test_pages_that_are_not_there(text: str, problem: str) -> None:
    answers, said = await answer(Adjust(pages(1), None), {"pages": text})
    assert answers == []
    assert problem in said


RECEIPT = MediaInfo(kind="image", name="receipt.png", format="PNG", bytes=1000, width=900, height=9000)


async def test_a_long_picture_is_offered_in_pieces_and_what_they_cost_is_shown() -> None:
    spec = AttachmentSpec(path=Path("receipt.png"))
    form = Adjust([Attachment(spec, RECEIPT)], None, MediaLimits(family=by_id("minicpm-v-2.6")))
    answers: Answers = []
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(form, answers.append)
        cost = form.query_one("#cost", Label)
        assert str(cost.render()).startswith("small print can be read in 5 pieces · 3,")
        form.query_one("#pieces", Input).value = "3"
        await until(lambda: str(cost.render()).startswith("3 pieces · "))
        await pilot.press("ctrl+s")
        await until(lambda: bool(answers))
    assert answers == [[msgspec.structs.replace(spec, pieces=3, piece=number) for number in (1, 2, 3)]]


async def test_pieces_are_one_picture_again() -> None:
    spec = AttachmentSpec(path=Path("receipt.png"), pieces=2)
    pieces = [Attachment(msgspec.structs.replace(spec, piece=number), RECEIPT) for number in (1, 2)]
    assert [piece.name for piece in pieces] == ["receipt.png 1/2", "receipt.png 2/2"]
    answers, _problem = await answer(Adjust(pieces, None), {"pieces": ""})
    assert answers == [[AttachmentSpec(path=Path("receipt.png"))]]


async def test_each_page_can_be_in_pieces() -> None:
    answers, _problem = await answer(Adjust(pages(1, 2), None), {"pages": "1-2", "pieces": "2"})
    assert answers[0] is not None
    assert [(spec.page, spec.piece) for spec in answers[0]] == [(1, 1), (1, 2), (2, 1), (2, 2)]


@pytest.mark.parametrize("text", ["0", "61", "many"])
async def test_a_number_of_pieces_that_cannot_be(text: str) -> None:
    answers, said = await answer(Adjust(pages(1), None), {"pieces": text})
    assert answers == []
    assert "1 to 60" in said

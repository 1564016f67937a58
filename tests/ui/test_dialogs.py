"""Questions and forms from the keyboard: every way to move and choose, and that exactly one answer looks chosen."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.pilot import Pilot

from minicpm_tui.ui.kit.answers import Answers, letters
from minicpm_tui.ui.kit.dialogs import Ask
from tests.waiting import until

ENGLISH = (("keep", "Keep it running"), ("stop", "Stop it"), ("cancel", "Cancel"))
CHINESE = (("keep", "继续运行"), ("stop", "停止"), ("cancel", "取消"))


class Asking(App[None]):
    """Asks; ``given`` is what was answered."""

    def __init__(self, answers: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self.answers = answers
        self.given: list[str | None] = []

    def on_mount(self) -> None:
        self.push_screen(Ask("Is the server to go on?", self.answers), self.given.append)


async def shown(app: Asking, pilot: Pilot[None]) -> Answers:
    await until(lambda: isinstance(app.focused, Answers), pilot)
    return app.screen.query_one(Answers)


def reversed_text(answers: Answers) -> list[str]:
    """What looks chosen."""
    strips = [answers.render_line(y) for y in range(answers.size.height)]
    return [segment.text for strip in strips for segment in strip if segment.style and segment.style.reverse]


@pytest.mark.parametrize("answers", [ENGLISH, CHINESE])
@pytest.mark.parametrize(
    ("keys", "given"),
    [
        (["enter"], "keep"),
        (["right", "enter"], "stop"),
        (["down", "enter"], "stop"),
        (["tab", "tab", "enter"], "cancel"),
        (["left", "enter"], "cancel"),
        (["up", "up", "enter"], "stop"),
        (["shift+tab", "space"], "cancel"),
        (["s"], "stop"),
        (["C"], "cancel"),
        (["escape"], None),
        (["x", "enter"], "keep"),
    ],
)
async def test_keys_choose_an_answer(answers: tuple[tuple[str, str], ...], keys: list[str], given: str | None) -> None:
    app = Asking(answers)
    async with app.run_test() as pilot:
        await shown(app, pilot)
        await pilot.press(*keys)
        await until(lambda: app.given, pilot)
        assert app.given == [given]


async def test_a_click_chooses() -> None:
    app = Asking(ENGLISH)
    async with app.run_test() as pilot:
        await shown(app, pilot)
        await pilot.click(Answers, offset=(" Keep it running   Stop it ".index("Stop"), 0))
        await until(lambda: app.given, pilot)
        assert app.given == ["stop"]


async def test_exactly_one_answer_looks_chosen() -> None:
    app = Asking(ENGLISH)
    async with app.run_test() as pilot:
        answers = await shown(app, pilot)
        assert "".join(reversed_text(answers)) == " Keep it running "
        await pilot.press("right")
        assert "".join(reversed_text(answers)) == " Stop it "


async def test_each_answer_shows_its_letter() -> None:
    app = Asking(CHINESE)
    async with app.run_test() as pilot:
        answers = await shown(app, pilot)
        line = answers.render_line(0)
        assert "继续运行(K)" in line.text
        assert [segment.text for segment in line if segment.style and segment.style.underline] == ["K", "S", "C"]


async def test_answers_that_do_not_fit_beside_each_other_stand_below_each_other() -> None:
    app = Asking(ENGLISH)
    async with app.run_test(size=(30, 12)) as pilot:
        answers = await shown(app, pilot)
        assert [answers.render_line(y).text.strip() for y in range(answers.size.height)] == [label for _key, label in ENGLISH]


def test_no_letter_is_given_twice() -> None:
    assert letters([("a", "Cancel"), ("b", "Copy"), ("c", "Close")]) == ["c", "o", "l"]
    assert letters([("stop", "停止"), ("stay", "留下"), ("s", "好")]) == ["s", "t", ""]


async def test_a_second_enter_of_the_same_burst_does_no_harm() -> None:
    app = Asking(ENGLISH)
    async with app.run_test() as pilot:
        answers = await shown(app, pilot)
        for _time in range(2):
            answers.post_message(Answers.Chosen("stop"))
        await until(lambda: app.given, pilot)
        await pilot.press("enter")
        assert app.given == ["stop"]

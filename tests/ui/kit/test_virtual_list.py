"""The list that every long list of the program is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.strip import Strip

from minicpm_tui.ui.kit.commands import GENERAL, bindings
from minicpm_tui.ui.kit.list_cursor import by_key
from minicpm_tui.ui.kit.virtual_list import VirtualList, moves
from tests.waiting import until

MOVES = moves(GENERAL)


class Names(VirtualList[str], can_focus=True):
    DECLARED = MOVES
    BINDINGS = bindings(MOVES)

    def __init__(self, lines: int) -> None:
        super().__init__(by_key(str))
        self.lines = lines
        self.drawn = 0

    def draw(self, item: str, line: int, width: int, *, chosen: bool) -> Strip:
        self.drawn += 1
        return Strip([Segment(f"{'>' if chosen else ' '}{item}.{line}")]).adjust_cell_length(width)


class ListApp(App[None]):
    def __init__(self, lines: int = 1) -> None:
        super().__init__()
        self.names = Names(lines)
        self.told: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield self.names

    def on_virtual_list_highlighted(self) -> None:
        self.told.append(self.names.current)

    def rows(self) -> list[str]:
        return [self.names.render_line(y).text.rstrip() for y in range(self.names.size.height)]


def many(count: int, first: int = 0) -> Sequence[str]:
    return [f"{number:05}" for number in range(first, first + count)]


async def test_every_key_moves_the_cursor_and_keeps_it_in_sight() -> None:
    app = ListApp(lines=2)
    async with app.run_test(size=(30, 10)) as pilot:
        app.names.show(many(100))
        app.names.focus()
        for key, place in (("end", 99), ("pageup", 95), ("home", 0), ("pagedown", 4), ("down", 5), ("up", 4), ("up", 3)):
            await pilot.press(key)
            await until(lambda place=place: app.names.cursor == place, pilot)  # type: ignore[misc] # bound early
            assert f">{place:05}.0" in app.rows()
            assert f">{place:05}.1" in app.rows()


async def test_a_list_that_is_replaced_keeps_the_chosen_row_where_it_is_on_the_screen() -> None:
    app = ListApp()
    async with app.run_test(size=(30, 10)) as pilot:
        app.names.show(many(100, first=50))
        app.names.stand(40)
        await pilot.pause()
        before = app.rows().index(">00090.0")
        app.names.show(many(150))
        assert app.rows().index(">00090.0") == before


async def test_a_list_that_grows_does_not_scroll_back_to_the_cursor() -> None:
    app = ListApp()
    async with app.run_test(size=(30, 10)) as pilot:
        app.names.show(many(100))
        await until(lambda: app.names.show_vertical_scrollbar, pilot)
        app.names.scroll_to(y=50, animate=False)
        await until(lambda: app.names.scroll_offset.y == 50, pilot)
        app.names.show(many(101))
        await pilot.pause()
        assert app.rows()[0] == " 00050.0"


async def test_of_many_rows_only_those_in_sight_are_drawn() -> None:
    counts = []
    for count in (10, 10_000):
        app = ListApp()
        async with app.run_test(size=(30, 10)) as pilot:
            app.names.show(many(count))
            app.names.focus()
            await pilot.pause()
            app.names.drawn = 0
            await pilot.press("end", "home", "down")
            await pilot.pause()
            counts.append(app.names.drawn)
    assert counts[1] <= counts[0] + 4 * 10  # the screen itself scrolls twice


async def test_what_is_asked_while_a_list_is_on_its_way_means_that_list() -> None:
    app = ListApp()
    async with app.run_test(size=(30, 10)) as pilot:
        app.names.show(["old 1", "old 2", "old 3"])
        app.names.focus()
        app.names.expect()
        chosen: list[str | None] = []
        await pilot.press("down", "down")
        app.names.when_settled(lambda: chosen.append(app.names.current))
        assert not chosen
        app.names.show(["new 1", "new 2", "new 3"], other=True)
        assert chosen == ["new 3"]


async def test_a_list_that_does_not_come_leaves_the_one_before() -> None:
    app = ListApp()
    async with app.run_test(size=(30, 10)) as pilot:
        app.names.show(["1", "2", "3"])
        app.names.focus()
        app.names.expect()
        await pilot.press("down")
        app.names.settle()
        assert app.names.current == "2"


async def test_it_tells_of_another_item_under_the_cursor_only() -> None:
    app = ListApp()
    async with app.run_test(size=(30, 10)) as pilot:
        app.names.show(["b", "c"])
        await until(lambda: app.told == ["b"], pilot)
        app.names.show(["b", "c", "d"])
        app.names.show(["a", "b", "c", "d"])
        await until(lambda: app.told == ["b", "a"], pilot)
        app.names.show([])
        await until(lambda: app.told == ["b", "a", None], pilot)

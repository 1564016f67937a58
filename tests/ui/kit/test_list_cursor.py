"""Where a cursor stands when its list is replaced."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.ui.batch.table import nearest_number
from minicpm_tui.ui.kit.list_cursor import ListCursor, by_key


def cursor(items: str, index: int | None = None) -> ListCursor[str]:
    made: ListCursor[str] = ListCursor(by_key(str))
    made.replace(items)
    if index is not None:
        made.to(index)
    return made


def test_before_it_is_moved_it_stands_on_the_first() -> None:
    made = cursor("bc")
    made.replace("abc")
    assert made.current == "a"


def test_once_moved_it_stays_on_its_item() -> None:
    made = cursor("abc", 1)
    made.replace("xyabc")
    assert made.current == "b"


def test_an_item_that_is_gone_gives_way_to_the_next_else_to_the_one_before() -> None:
    made = cursor("abcd", 1)
    made.replace("acd")
    assert made.current == "c"
    made.replace("a")
    assert made.current == "a"
    made.replace("")
    assert made.current is None


def test_another_list_begins_anew_where_the_item_is_not_in_it() -> None:
    made = cursor("abcd", 3)
    made.replace("cd", other=True)
    assert made.current == "d"
    made.replace("abc", other=True)
    assert made.current == "a"
    made.replace("xabc")
    assert made.current == "x"


def test_it_goes_no_further_than_the_ends() -> None:
    made = cursor("abc", 99)
    assert made.index == 2
    made.to(-5)
    assert made.index == 0


numbers = st.lists(st.integers(0, 20), min_size=1, unique=True)


@given(numbers, numbers, st.integers(0, 20))
def test_numbers_are_found_as_by_their_key(old: list[int], new: list[int], index: int) -> None:
    index = min(index, len(old) - 1)
    assert nearest_number(old, index, new) == by_key(int)(old, index, new)

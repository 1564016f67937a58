"""Which panes show in which width."""

from __future__ import annotations

from minicpm_tui.ui.chat.panes import Panes


def test_three_beside_each_other_where_there_is_room() -> None:
    assert Panes(files=True, server=True).shown(160) == {"files", "talk", "server"}


def test_the_one_asked_for_last_where_there_is_room_for_two() -> None:
    both = Panes().toward("server")
    assert both.shown(120) == {"talk", "server"}
    assert both.toward("talk").shown(120) == {"talk", "server"}
    assert both.toward("files").toward("talk").shown(120) == {"talk", "files"}
    assert both.without("server").shown(120) == {"talk", "files"}


def test_one_at_a_time_below_a_hundred_columns() -> None:
    assert Panes().shown(99) == {"talk"}
    assert Panes().toward("server").shown(80) == {"server"}
    assert Panes().toward("server").toward("talk").shown(20) == {"talk"}

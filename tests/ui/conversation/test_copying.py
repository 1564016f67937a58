"""What is copied is what was written."""

from __future__ import annotations

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from minicpm_tui.messages import Message
from minicpm_tui.ui.conversation.messages import CopyRequested
from minicpm_tui.ui.conversation.unit import GUTTER
from tests.ui.conversation.host import Host, reply, turns, user

TEXT = """# Title

A **small harbour** at [dusk](http://x.y) with
three `lamps`.

- first **item**
- second

> quoted *text*

| a | b |
|---|---|
| 1 | 2 |

```python
def f():
\treturn 1
```

Last &amp; least."""


async def select(app: Host, begin: str, end: str) -> str:
    """Select from the first character of ``begin`` to the last of ``end``, both as they are shown."""
    async with app.run_test(size=(60, 60)) as pilot:
        await pilot.pause()
        pane = app.pane
        rows = pane.document.rows(0, pane.document.height)
        keys = [(place.entry << 20 | place.line, place.row.line.text) for place in rows]
        first = next((text.index(begin), key) for key, text in keys if begin in text)
        last = next((text.index(end) + len(end), key) for key, text in keys if end in text)
        selection = Selection(Offset(first[0] + GUTTER, first[1]), Offset(last[0] + GUTTER, last[1]))
        found = pane.get_selection(selection)
        assert found is not None
        return found[0]


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("small", "harbour", "small harbour"),
        ("A small", "dusk", "A **small harbour** at [dusk](http://x.y)"),
        ("harbour", "harbour", "harbour"),
        ("with", "three", "with\nthree"),
        ("Title", "harbour", "# Title\n\nA **small harbour"),
        ("first", "second", "- first **item**\n- second"),
        ("second", "quoted", "- second\n\n> quoted"),
        ("1 │", "2 ", "| 1 | 2 |"),
        ("def", "return 1", "def f():\n\treturn 1"),
        ("return", "return", "return"),
        ("Last", "least.", "Last &amp; least."),
        ("Title", "least.", TEXT),
    ],
)
async def test_a_selection_is_copied_as_written(begin: str, end: str, expected: str) -> None:
    assert await select(Host([reply(1, TEXT)]), begin, end) == expected


async def test_a_selection_over_messages_has_all_of_them() -> None:
    text = await select(Host([user(1, "one\n  two"), reply(1, "three\n\n- four"), user(2, "five")]), "one", "five")
    assert text == "one\n  two\n\nthree\n\n- four\n\nfive"


async def test_the_mouse_selects() -> None:
    app = Host([reply(1, "alpha **beta** gamma")])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        await pilot.mouse_down(offset=(8, 0))
        await pilot.hover(offset=(18, 0))
        await pilot.mouse_up(offset=(18, 0))
        assert app.screen.get_selected_text() == "**beta** gamma"
        await pilot.press("y")
        assert [event.text for event in app.events if isinstance(event, CopyRequested)] == ["**beta** gamma"]


async def test_a_double_click_selects_a_word() -> None:
    app = Host([reply(1, "alpha beta-max gamma")])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        await pilot.click(offset=(10, 0), times=2)
        assert app.screen.get_selected_text() == "beta-max"


async def test_messages_and_code_blocks_are_copied_with_keys() -> None:
    app = Host([user(1, "question"), reply(1, TEXT)])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert app.pane.excerpts.reply() == TEXT
        assert app.pane.excerpts.code_block() == "def f():\n\treturn 1\n"
        await pilot.press("j", "k", "y", "j", "c", "y")
        assert [event.text for event in app.events if isinstance(event, CopyRequested)] == ["question", "def f():\n\treturn 1\n"]


async def test_the_word_copy_above_a_code_block_copies_it() -> None:
    app = Host([reply(1, "- item\n\n  ```sh\n  ls\n  ```\n\n```py\nx\n```")])
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        rows = [y for y, line in enumerate(app.screen_text) if line.endswith("copy")]
        for y in rows:
            await pilot.click(offset=(app.screen_text[y].index("copy") + 1, y))
        assert [event.text for event in app.events if isinstance(event, CopyRequested)] == ["ls\n", "x\n"]


async def test_nothing_to_copy_is_no_error() -> None:
    empty: list[Message] = []
    app = Host(empty)
    async with app.run_test(size=(60, 20)) as pilot:
        assert (app.pane.excerpts.reply(), app.pane.excerpts.code_block()) == ("", "")
        await pilot.press("y", "c", "j", "k", "t", "left", "right", "n")
    app = Host(turns(1))
    async with app.run_test(size=(60, 20)):
        assert app.pane.excerpts.code_block() == ""

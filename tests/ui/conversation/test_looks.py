"""Pictures of the pane: what changes in them is to be looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minicpm_tui.messages import ImagePart, Message, Source, TextPart
from tests.ui.conversation.host import AT, Host, reply

TEXT = """# Title 中文

Intro with **bold**, *em*, `code`, ~~gone~~ and [a link](https://example.com/a).

## Section

- [x] done
- item
  - nested

1. one
2. two

> quote **bold** text

```python
def f(x: int) -> str:
    return f"{x + 1}"  # comment
```

| a | b | c |
|---|:-:|--:|
| one | two three | 3 |

---
这是一个很长的中文段落，用来测试换行。包括标点符号（括号）和“引号”，还有 English 单词混合在一起。
"""
PICTURE = ImagePart("harbour.jpg", "a" * 64, 1024, 768, source=Source(bytes=9))
QUESTION = Message("u1", None, "user", (TextPart("What is this? 这是什么？"), PICTURE), AT)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
@pytest.mark.parametrize("size", [(120, 60), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_conversation(theme: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    app = Host([QUESTION, reply(1, TEXT, reasoning="Hmm.")])
    app.theme = theme
    assert snap_compare(app, terminal_size=size)

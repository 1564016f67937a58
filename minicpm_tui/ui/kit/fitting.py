"""Text in a row of so many cells."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def fitted(text: str, width: int) -> str:
    """``text`` in exactly ``width`` cells; an ellipsis tells that it goes on.

    >>> fitted("harbour", 5)
    'harb…'
    >>> fitted("猫", 3)
    '猫 '
    """
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"

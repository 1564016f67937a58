"""What is private in Textual and asyncio and used here; each has a test that fails when an update moves it."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.screen import Screen


def busy(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether ``loop`` has something to do now, besides what runs: not whether something waits for time, data or a thread."""
    return bool(getattr(loop, "_ready", ()))


def awaits_paint(screen: Screen[Any]) -> bool:
    """Whether something (``call_after_refresh``) is to be called once ``screen`` is painted."""
    return bool(getattr(screen, "_callbacks", ()))

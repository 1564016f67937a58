"""A server for the commands that ask one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import DemoServer, serving


@pytest.fixture
def server() -> Iterator[DemoServer]:
    """The demo server, which answers at once."""
    with serving(DemoOptions(tokens_per_second=0)) as running:
        yield running

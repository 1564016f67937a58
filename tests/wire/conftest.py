"""The demo server as the target of the contract tests, set up like the vLLM that ``tests/real_vllm`` starts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from tests.wire.support import LIMITS, MAX_MODEL_LEN, Target

TINY = DemoOptions(
    model="/models/MiniCPM-V-2_6-tiny",
    api_key="token-abc123",
    max_model_len=MAX_MODEL_LEN,
    images=LIMITS["image"],
    videos=LIMITS["video"],
    vocabulary=384,
    max_chars_per_token=13,
    tokens_per_second=400,
)
"""The recorded server's options, as a demo server's."""


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """The server that the contract tests ask."""
    with serving(TINY) as server:
        target = Target.at(server.url, server.key, server.model)
        yield target
        target.http.close()

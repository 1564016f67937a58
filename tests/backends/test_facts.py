"""What is known of a server, from its version."""

from __future__ import annotations

import pytest

from minicpm_tui.backends.facts import ServerFacts


@pytest.mark.parametrize(
    ("version", "step", "frames"),
    [
        ("0.8.5.post2", None, 30),
        ("0.11.2+cpu", None, 30),
        ("0.15.2", 4096, 61),
        ("0.16.0", None, None),
        ("0.32.0", 2048, None),
        (None, None, None),
    ],
)
def test_the_frames_that_an_old_server_survives(version: str | None, step: int | None, frames: int | None) -> None:
    assert ServerFacts("http://here:8000", version, is_vllm=True).most_frames(step) == frames
    assert ServerFacts("http://here:8000", version).most_frames(step) is None


@pytest.mark.parametrize(("version", "takes"), [("0.10.2", False), ("0.11.0", True), ("0.25.1+cu130", True), (None, True)])
def test_uuids_are_known_since_0_11(version: str | None, takes: bool) -> None:
    assert ServerFacts("http://here:8000", version, is_vllm=True).takes_uuids == takes
    assert not ServerFacts("http://here:8000", version).takes_uuids

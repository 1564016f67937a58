"""``minicpm-tui ask`` against the real vLLM, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from minicpm_tui.families import image_tokens, recognise
from tests.wire.support import Target


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of 640×480 pixels, as prepared as it needs to be."""
    path = tmp_path / "photo.jpg"
    Image.effect_noise((640, 480), 60).convert("RGB").save(path)
    return path


def ask(target: Target, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command with the test's own folders."""
    command = [sys.executable, "-m", "minicpm_tui", "ask", "--url", target.url, "--max-tokens", "8", *map(str, arguments)]
    environment = os.environ | {"MINICPM_TUI_API_KEY": target.key}
    quiet = subprocess.DEVNULL
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=300, stdin=quiet)


def reply_of(target: Target, *arguments: str | Path) -> dict[str, Any]:
    """The ``--json`` result of a run that succeeds."""
    done = ask(target, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert isinstance(result, dict)
    return result


def test_a_picture_is_sent_and_answered(target: Target, photo: Path) -> None:
    reply = reply_of(target, "What is there?", "-f", photo)
    assert reply["finish_reason"] in {"stop", "length"}
    assert reply["model"] == target.model
    assert 0 < reply["first_token_seconds"] <= reply["seconds"]


def test_the_picture_costs_what_the_family_says(target: Target, photo: Path) -> None:
    plain = reply_of(target, "What is there?", "--no-save")["usage"]["prompt_tokens"]
    seen = reply_of(target, "What is there?", "-f", photo, "--no-save")["usage"]["prompt_tokens"]
    assert seen - plain == image_tokens(recognise(target.model), 640, 480) + 1


def test_the_next_turn_continues_the_conversation(target: Target, photo: Path) -> None:
    first = reply_of(target, "What is there?", "-f", photo)
    second = reply_of(target, "And now?", "--session", first["session"])
    assert second["session"] == first["session"]
    assert second["usage"]["prompt_tokens"] > first["usage"]["prompt_tokens"]


def test_plain_output_is_the_reply_alone(target: Target) -> None:
    done = ask(target, "hello")
    assert done.returncode == 0
    assert done.stdout.endswith("\n")


def test_a_wrong_key_is_one_line(target: Target) -> None:
    done = ask(Target(target.url, "wrong", target.model, target.http), "hello")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_an_unknown_model_is_named(target: Target) -> None:
    done = ask(target, "--model", "nope", "hello")
    assert done.returncode == 1
    assert "nope" in done.stderr

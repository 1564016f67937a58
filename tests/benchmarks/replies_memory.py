"""Memory of the program after replies with pictures, beside another build: ``python -m tests.benchmarks.replies_memory``.

``[--replies 10] [--other PYTHON]``. Each question has another photo of twelve megapixels, whose path is pasted, and the answer
is a screen of Markdown. Printed are RSS in MB, of the program alone and with its helpers: connected, after the last reply, and
when helpers that idle have ended.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from minicpm_tui.demo.options import DemoOptions
from minicpm_tui.demo.testing import serving
from tests.benchmarks.server import tokens
from tests.terminal import Terminal, keys

_SIZE = (4000, 3000)
_IDLE_SECONDS = 70.0
"""A helper ends after a minute without work."""


def photos(folder: Path, count: int) -> list[Path]:
    """Photos of twelve megapixels, none like another."""
    texture = Image.effect_noise((1000, 750), 40).resize(_SIZE).convert("RGB")
    made = [folder / f"photo{number}.jpg" for number in range(count)]
    for number, path in enumerate(made):
        colour = Image.new("RGB", _SIZE, (20 * number % 256, 90, 200))
        Image.blend(texture, colour, 0.5).save(path, quality=90)
    return made


def memory(terminal: Terminal) -> str:
    """The program's memory now, and that with its helpers."""
    own = terminal.process.memory_info().rss
    helpers = [each.memory_info().rss for each in terminal.process.children(recursive=True)]
    return f"{own / 1e6:.0f} MB, {(own + sum(helpers)) / 1e6:.0f} MB with {len(helpers)} helpers"


def measure(python: str, pictures: list[Path]) -> None:
    """Print the figures of one build."""
    answer = DemoOptions(model="bench-model", tokens_per_second=0, reply="".join(tokens(300)))
    with serving(answer) as server, tempfile.TemporaryDirectory() as home:
        argv = [python, "-P", "-m", "minicpm_tui", "--url", server.url]
        with Terminal(argv, env={"MINICPM_TUI_HOME": home}) as terminal:
            terminal.wait_for("bench-model")
            terminal.settle()
            print(f"  connected: {memory(terminal)}", flush=True)
            for number, path in enumerate(pictures):
                terminal.send(*keys(f"<paste {path}>"))
                terminal.wait_for(rf"{path.name} .*tokens")
                terminal.send("what is this\r")
                terminal.wait_until(lambda: len(server.chats) > number)  # noqa: B023  called at once
                terminal.settle()
            print(f"  after {len(pictures)} replies: {memory(terminal)}", flush=True)
            until = time.monotonic() + _IDLE_SECONDS
            while time.monotonic() < until:
                terminal.pump(0.5)
            print(f"  idle: {memory(terminal)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replies", type=int, default=10)
    parser.add_argument("--other", metavar="PYTHON", help="interpreter of another build")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pictures = photos(Path(folder), options.replies)
        for name, python in {"minicpm-tui": sys.executable, "the other build": options.other}.items():
            if python:
                print(name)
                measure(python, pictures)


if __name__ == "__main__":
    main()

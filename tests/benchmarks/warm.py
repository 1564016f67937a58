"""On a machine with a GPU and vLLM: how soon is a server ready, and how soon does it answer the first question about a picture?

``python -m tests.benchmarks.warm MODEL [--other PYTHON] [--runs 2] [-- options of serve]`` starts MODEL with ``serve --detach``,
asks about two pictures of 12 MP that it has not seen, one after the other, and stops it: with this build, and with the build that
``PYTHON`` runs, by turns. It prints seconds to ready, seconds to the first token of both answers and their ratio, side by side,
and as JSON with ``--json``. The first run of a new machine compiles; compare the later ones.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image

_SIZE = (4000, 3000)


def cli(python: str, folder: Path, *words: str) -> Any:
    """What the command prints as JSON. Raises CalledProcessError; ``folder`` keeps a checkout here from being imported."""
    done = subprocess.run([python, "-m", "minicpm_tui", *words], stdout=subprocess.PIPE, text=True, check=True, cwd=folder)
    return json.loads(done.stdout)


def picture(folder: Path, number: int) -> Path:
    """A photo-like picture that nobody has seen."""
    path = folder / f"{time.monotonic_ns()}-{number}.jpg"
    noise = Image.effect_noise((_SIZE[0] // 8, _SIZE[1] // 8), 60 + number).resize(_SIZE)
    noise.convert("RGB").save(path, quality=90)
    return path


def measure(python: str, model: str, options: list[str], folder: Path) -> dict[str, float]:
    """One start: seconds to ready, to the first token of the first and of the second answer, and the ratio of these."""
    pictures = [picture(folder, number) for number in range(2)]
    began = time.monotonic()
    server = cli(python, folder, "serve", model, *options, "--detach", "--json")
    ready = time.monotonic() - began
    try:
        first, second = [
            cli(python, folder, "ask", "What is this?", "-f", str(path), "--no-save", "--max-tokens", "8", "--json")[
                "first_token_seconds"
            ]
            for path in pictures
        ]
    finally:
        cli(python, folder, "servers", "stop", server["id"], "--json")
    return {"ready": ready, "first": first, "second": second, "ratio": first / second}


def main(arguments: list[str]) -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.warm", description=__doc__)
    parser.add_argument("model", help="folder or hub id of the model")
    parser.add_argument("--other", metavar="PYTHON", help="the interpreter of another build, measured by turns with this one")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    at = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:at])
    builds = {"this": sys.executable} | ({"other": options.other} if options.other else {})
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        for run in range(options.runs):
            for build, python in builds.items():
                figures = measure(python, options.model, arguments[at + 1 :], Path(name))
                found.append({"run": run + 1, "build": build, **figures})
                if not options.json:
                    print(_line(found[-1]), flush=True)
    if options.json:
        print(json.dumps(found))
    elif options.other:
        last = {row["build"]: row for row in found[-2:]}
        print(f"ready: {last['this']['ready'] / last['other']['ready']:.2f} of the other build's seconds")
    return 0


def _line(row: dict[str, Any]) -> str:
    return (
        f"run {row['run']} {row['build']:>5}: ready {row['ready']:.0f} s, first picture {row['first']:.2f} s, "
        f"second {row['second']:.2f} s, ratio {row['ratio']:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What costly files cost: ``python -m tests.benchmarks.media_costs [--folder FOLDER] [--other PYTHON] [NAME…]``.

Each file is looked at as the file pane does (what it is, a thumbnail), then prepared for a model, in a program of its own. What
is printed: the peak memory of the program and of the processes that read the file for it, and the seconds of both steps.
``--other`` is the Python of another build, measured in turn with this one. The files come from a seed; ``--folder`` keeps them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.costly_media import MAKERS, costly_media

CODE = r"""
import json, re, resource, sys, time
from pathlib import Path
from minicpm_tui.errors import MediaError
from minicpm_tui.families import by_id
from minicpm_tui.media import AttachmentSpec, MediaLimits, inspect, prepare
from minicpm_tui.media.thumbnails import thumbnail

def peak(process):
    return int(re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{process}/status").read_text())[1]) // 1024

def seconds(step):
    began = time.perf_counter()
    try:
        step()
    except MediaError as error:
        said.append(str(error))
    return round(time.perf_counter() - began, 1)

path, said = Path(sys.argv[1]), []
look = seconds(lambda: (inspect(path), thumbnail(path)))
made = seconds(lambda: prepare(AttachmentSpec(path=path), MediaLimits(family=by_id("minicpm-v-4.5"))))
threads = Path("/proc/self/task").iterdir()
alive = [peak(child) for thread in threads for child in (thread / "children").read_text().split()]
ended = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(json.dumps({"program": peak("self"), "readers": max([ended, *alive]), "look": look, "prepare": made, "said": said[-1:]}))
"""


def cost(python: str, path: Path) -> dict[str, Any]:
    """What reading the file at ``path`` takes with the build of ``python``."""
    with tempfile.TemporaryDirectory() as home:
        command = [python, "-P", "-c", CODE, str(path)]
        environ = {"MINICPM_TUI_HOME": home, "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=home, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=[*MAKERS], metavar="NAME", help=", ".join(MAKERS))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--other", metavar="PYTHON")
    options = parser.parse_args()
    builds = {"other": options.other, "this": sys.executable} if options.other else {"this": sys.executable}
    with tempfile.TemporaryDirectory() as kept:
        folder = options.folder or Path(kept)
        folder.mkdir(parents=True, exist_ok=True)
        print("| file | build | program MB | readers MB | look s | prepare s | said |\n|---|---|---|---|---|---|---|")
        for path in costly_media(folder, options.names):
            for build, python in builds.items():
                found = cost(python, path)
                said = found["said"][0].replace(str(folder), "…") if found["said"] else ""
                figures = " | ".join(str(found[name]) for name in ("program", "readers", "look", "prepare"))
                print(f"| {path.name} | {build} | {figures} | {said} |", flush=True)


if __name__ == "__main__":
    main()

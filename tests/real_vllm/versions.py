"""What works with which version of vLLM: run by hand, outside CI, with environments that have them.

``python -m tests.real_vllm.versions VENV…``, each an environment with a vLLM for the CPU (``tests/real_vllm/install``, or
made by hand). For each it makes the tiny MiniCPM-V 2.6, serves it with ``serve --detach``, and asks; it prints a table in
Markdown, whose rows go into ``docs/vllm-versions.md``. Exit status 1 when one does not start. Videos are only sent within what
the server's step holds: before 0.16 a longer one would stop it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from PIL import Image

from minicpm_tui.chat.connect import Connection, Target, connect
from minicpm_tui.chat.options import options_for
from minicpm_tui.chat.session import ChatSession
from minicpm_tui.config import load
from minicpm_tui.media import AttachmentSpec
from minicpm_tui.messages import End, Notice
from minicpm_tui.servers import discovery, launch, registry
from minicpm_tui.servers.local import LocalServer
from minicpm_tui.sessions import Journal
from tests.media.making import clip

OPTIONS = ("--max-model-len", "4096", "--gpu-memory-utilization", "0.1", "--max-num-seqs", "8", "--enforce-eager")
Check = Callable[[ChatSession, Path], Awaitable[str]]


async def hear(session: ChatSession, text: str, *files: Path) -> tuple[End, list[str]]:
    """The end of the reply and what was said beside it."""
    specs = [AttachmentSpec(path=path) for path in files]
    events = [event async for event in session.send(text, specs)]
    [end] = [event for event in events if isinstance(event, End)]
    return end, [event.text for event in events if isinstance(event, Notice)]


def good(end: End) -> str:
    """``yes``, or why not."""
    return "yes" if end.error is None else end.error.title


async def picture(session: ChatSession, folder: Path) -> str:
    """A picture, counted as predicted."""
    end, notices = await hear(session, "What is this?", folder / "a.png")
    return good(end) if not notices else notices[0]


async def follow_up(session: ChatSession, folder: Path) -> str:
    """The next turn; whether the picture's bytes went again."""
    del folder
    end, _notices = await hear(session, "And the colours?")
    return "by name" if end.error is None and session.connection.facts.takes_uuids else good(end)


async def video(session: ChatSession, folder: Path) -> str:
    """A film of 40 seconds; how many frames it got."""
    end, notices = await hear(session, "What happens?", folder / "film.mp4")
    return good(end) if not notices else f"{good(end)} ({notices[0]})"


async def too_many(session: ChatSession, folder: Path) -> str:
    """Six pictures where five are allowed: the title of the error."""
    try:
        end, _notices = await hear(session, "All?", *[folder / "a.png"] * 6)
    except Exception as error:  # noqa: BLE001 - refused before it was sent
        return str(error)
    return _title(end)


async def too_long(session: ChatSession, folder: Path) -> str:
    """A text beyond the context: the title of the error."""
    del folder
    try:
        end, _notices = await hear(session, "word " * 20_000)
    except Exception as error:  # noqa: BLE001 - refused before it was sent
        return str(error).partition(":")[0]
    return _title(end)


def _title(end: End) -> str:
    return end.error.title if end.error else "accepted"


CHECKS: dict[str, Check] = {
    "picture": picture,
    "follow-up": follow_up,
    "video": video,
    "too many": too_many,
    "too long": too_long,
}


async def ask_all(connection: Connection, folder: Path) -> dict[str, str]:
    """Every check in one conversation after the other; a follow-up in the picture's."""
    found = {}
    session = ChatSession(Journal.create(save=False), connection, options_for(load({"max_tokens": 8}), model=connection.model))
    for name, check in CHECKS.items():
        if name not in ("picture", "follow-up"):
            session = ChatSession(Journal.create(save=False), connection, session.options)
        found[name] = await check(session, folder)
    return found


async def connected(server: LocalServer, folder: Path) -> dict[str, str]:
    """All checks with one server."""
    connection = await connect(load({}), target=Target(server.url, server.model, server.key, server))
    try:
        return await ask_all(connection, folder)
    finally:
        await connection.aclose()


def examine(venv: Path, folder: Path) -> dict[str, str]:
    """The row of one environment."""
    environ = {**os.environ, "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}", "HF_HUB_OFFLINE": "1"}
    row = {"version": discovery.version_of(venv / "bin" / "vllm")}
    maker = Path(__file__).parent / "install" / "tiny_checkpoint.py"
    model = folder / f"model-{row['version']}"
    subprocess.run([venv / "bin" / "python", maker, model], check=True)
    words = [sys.executable, "-m", "minicpm_tui", "serve", str(model), *OPTIONS, "--detach", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, env=environ, check=False)
    if done.returncode:
        return row | {"start": done.stderr.strip().splitlines()[-1]}
    started: dict[str, Any] = json.loads(done.stdout)
    try:
        return row | {"start": "yes"} | asyncio.run(connected(registry.find(started["id"]), folder))
    finally:
        launch.stop(started["id"])


def main(venvs: list[str]) -> int:
    """See the module's text."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["MINICPM_TUI_HOME"] = str(Path(name) / "home")
        Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(Path(name) / "a.png")
        clip(Path(name) / "film.mp4", 40, rate=1)
        rows = [examine(Path(venv), Path(name)) for venv in venvs]
    columns = ["version", "start", *CHECKS]
    for line in (columns, ["---"] * len(columns), *([row.get(column, "") for column in columns] for row in rows)):
        print("| " + " | ".join(line) + " |")
    return 0 if all(row["start"] == "yes" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Processes of the program that are killed: forked from one that has imported it, so that each costs little."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import re
import select
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from minicpm_tui.cli import main as cli
from tests.faults.cases import DONE, answer, chunk
from tests.faults.server import request

WORDS = 30
PACE = 0.01
"""Seconds from one word of a streamed answer to the next."""
LAST = "END"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
TIME = re.compile(r"\b\d+\.\d{4}\b")
DEADLINE = 120.0
"""Seconds after which a program that was not killed hangs."""


@dataclass
class Tally:
    """What programs that were killed had promised, what of it is gone, and the longest cut of a reply in seconds."""

    promised: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    cut: float = 0.0

    def keep(self, promised: set[str], there: set[str]) -> None:
        """Count what was ``promised``, and what of it is not ``there``."""
        self.promised |= promised
        self.lost |= promised - there

    def broken(self, text: str, shown: str, killed: float) -> None:
        """A reply broke off after ``text`` when it was ``killed``, and ``shown`` is what was seen of it."""
        if times := TIME.findall(text):
            self.cut = max(self.cut, killed - float(times[-1]) - PACE)
        elif times := TIME.findall(shown):
            self.cut = max(self.cut, killed - float(times[0]))


class Target(Protocol):
    """A series of programs in one folder, each of which is killed and must leave to the next what it had promised."""

    def kill(self, tally: Tally) -> None:
        """Kill one at a moment of chance, and see that nothing is lost and the next one works. Raises AssertionError."""


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers with the times (``time.monotonic``) at which its words are sent, ``PACE`` apart; one of them without a stream."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        head, body = await request(reader)
        asked = json.loads(body or b"{}")
        if not head.startswith(b"post") or b"/chat/completions" not in head:
            models = {"object": "list", "data": [{"id": "m", "max_model_len": 8192}]}
            known = b"/models" in head or b"/health" in head
            writer.write(answer(json.dumps(models).encode(), 200 if known else 404, "application/json"))
        elif asked.get("stream"):
            writer.write(_HEAD)
            for _word in range(WORDS):
                writer.write(chunk(f"{time.monotonic():.4f} "))
                await writer.drain()
                await asyncio.sleep(PACE)
            writer.write(chunk(LAST) + chunk(finish="stop") + DONE)
        else:
            await asyncio.sleep(PACE)
            said = {"choices": [{"index": 0, "message": {"content": f"{time.monotonic():.4f} {LAST}"}, "finish_reason": "stop"}]}
            writer.write(answer(json.dumps(said).encode(), kind="application/json"))
        await writer.drain()
    writer.close()


@contextmanager
def serving() -> Iterator[str]:
    """The URL of the server, in a process of its own: there are no threads in this one, which forks."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:

        async def run() -> None:
            server = await asyncio.start_server(_serve, "127.0.0.1", 0, limit=1 << 24)
            os.write(into, f"{server.sockets[0].getsockname()[1]}\n".encode())
            await server.serve_forever()

        asyncio.run(run())
    os.close(into)
    with os.fdopen(out) as pipe:
        port = int(pipe.readline())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@dataclass(frozen=True)
class Run:
    """What a program said, when it was ``killed`` (``time.monotonic``), and its exit status where it had ended before."""

    said: str
    killed: float
    status: int | None


def command(*words: str, life: float = DEADLINE) -> Run:
    """``minicpm-tui WORDS``, killed after ``life`` seconds. Raises TimeoutError when it hangs."""
    out, into = os.pipe()
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(out)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(into, 1)
        os.dup2(into, 2)
        run("", ["minicpm-tui", *words], {})
    os.close(into)
    said = b""
    with os.fdopen(out, "rb", buffering=0) as pipe:
        while (left := began + life - time.monotonic()) > 0 and select.select([pipe], [], [], left)[0]:
            if not (more := pipe.read(1 << 16)):
                break
            said += more
        killed = time.monotonic()
        os.kill(pid, signal.SIGKILL)  # a process that has ended is a zombie until it is waited for
        while select.select([pipe], [], [], DEADLINE)[0] and (more := pipe.read(1 << 16)):
            said += more
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if life == DEADLINE and status == -signal.SIGKILL:
        raise TimeoutError(f"{words} hangs; it said {said!r}")
    return Run(said.decode(errors="replace"), killed, None if status == -signal.SIGKILL else status)


def run(_file: str, argv: list[str], environment: dict[str, str]) -> NoReturn:
    """In the child: run the command line, then what Python does at the end of a process."""
    status = 1
    try:
        os.environ.update(environment)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, closefd=False) for number, mode in enumerate("rww"))
        sys.argv = argv
        cli.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
        atexit._run_exitfuncs()
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  nothing may get back into the process that kills
        traceback.print_exc()
    finally:
        os._exit(status)

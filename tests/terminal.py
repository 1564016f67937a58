"""A terminal made of a pty: runs a program, answers what it asks, counts its bytes and CPU seconds."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import random
import re
import select
import struct
import sys
import termios
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import psutil
import pyte

ESCAPES = re.compile(
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_^][^\x1b]*\x1b\\|\x1b\[[0-9;:?<=>!]*[ -/]*[@-~]|\x1b[()][A-Z0-9]"
)
_UNKNOWN_TO_PYTE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b\[[0-9;]*t|\x1b[P_^][^\x1b]*\x1b\\|\x1b\[\d* q"
)
_ANSWERS = {
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[5n": b"\x1b[0n",
    b"\x1b[6n": b"\x1b[1;1R",
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
    b"\x1b[?u": b"\x1b[?0u",
}
_ENVIRONMENT = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])|\x1b\[>\d+(u)|\x1b\[<(u)")
KEYS = {
    "Enter": "\r",
    "Esc": "\x1b[27u",  # as a terminal with kitty's keyboard says it: a bare escape could begin anything
    "Tab": "\t",
    "S-Tab": "\x1b[Z",
    "BS": "\x7f",
    "Del": "\x1b[3~",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "Right": "\x1b[C",
    "Left": "\x1b[D",
    "C-Up": "\x1b[1;5A",
    "C-Down": "\x1b[1;5B",
    "C-Right": "\x1b[1;5C",
    "C-Left": "\x1b[1;5D",
    "S-Left": "\x1b[1;2D",
    "Home": "\x1b[H",
    "End": "\x1b[F",
    "PgUp": "\x1b[5~",
    "PgDn": "\x1b[6~",
    "A-BS": "\x1b\x7f",
    "A-Enter": "\x1b\r",
    "F1": "\x1bOP",
    "F2": "\x1bOQ",
    "F3": "\x1bOR",
    "F4": "\x1bOS",
    **{f"F{n}": f"\x1b[{code}~" for n, code in zip(range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True)},
}
"""What a terminal sends for a key. Besides these there are ``^A`` and ``A-a`` (with Alt) for every letter."""
_KEY = re.compile(r"<([^<>]+)>|(.)", re.DOTALL)
_DROPPED = {"COLUMNS", "LINES", "TMUX", "PYTHONDONTWRITEBYTECODE"}


def keys(written: str) -> list[str]:
    """What a terminal sends, key by key, for ``written`` (``hello<BS>p<Enter>``); ``<paste TEXT>`` is one."""
    return [_sent(name) if name else character for name, character in _KEY.findall(written)]


def _sent(name: str) -> str:
    if name in KEYS:
        return KEYS[name]
    if name.startswith("paste "):
        return f"\x1b[200~{name.removeprefix('paste ')}\x1b[201~"
    prefix, letter = name[:-1], name[-1]
    if prefix == "^":
        return chr(ord(letter.upper()) ^ 64)
    if prefix == "A-":
        return f"\x1b{letter}"
    raise KeyError(name)


class Terminal:
    """``columns`` × ``rows`` cells in which ``argv`` runs. ``written`` counts the bytes it sent; ``screen`` is a pyte screen.

    ``modes`` are the private modes that are on (DECSET), ``keyboard_modes`` counts those of kitty's keyboard that were pushed.
    ``answers`` are given to questions, besides what every terminal answers; ``everything`` are the bytes that came.
    ``speak`` says what the terminal sends for what came, where that takes more than a table.
    ``execute`` becomes the program in the child, as ``os.execvpe`` does.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        answers: Mapping[bytes, bytes] | None = None,
        speak: Callable[[str], str] = lambda _written: "",
        execute: Callable[[str, list[str], dict[str, str]], object] = os.execvpe,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.answers = {**_ANSWERS, **(answers or {})}
        self._speak = speak
        self.drawing = True
        self.written = 0
        self.received = bytearray()
        self.everything = bytearray()
        self.modes: set[int] = set()
        self.keyboard_modes = 0
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.monotonic()
        self._pid = os.fork()
        if self._pid == 0:
            kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
            _become(theirs, argv, {**kept, **_ENVIRONMENT, **(env or {})}, execute)
        os.close(theirs)
        os.set_blocking(ours, False)
        self._fd = ours
        self._on_the_line: deque[tuple[float, bytes]] = deque()
        self._process = psutil.Process(self._pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        processes = [*self._process.children(recursive=True), self._process]
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.kill()
        os.waitpid(self._pid, 0)
        os.close(self._fd)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    @property
    def process(self) -> psutil.Process:
        """The program itself."""
        return self._process

    @property
    def cpu(self) -> float:
        """CPU seconds of the program so far."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    @property
    def caret(self) -> tuple[int, int]:
        """The column and row of the terminal's own cursor, from 0."""
        return self.screen.cursor.x, self.screen.cursor.y

    def send(self, text: str) -> None:
        """In one go."""
        os.write(self._fd, text.encode())

    def send_slowly(self, text: str, *, delay: float = 0.3, dice: random.Random | None = None, gap: float = 0.03) -> None:
        """Over a line that takes ``delay`` seconds and cuts anywhere, in the middle of keys and characters too.

        The pieces arrive up to ``gap`` seconds apart, while the program's answers are taken (``pump``).
        """
        dice, data, due = dice or random.Random(0), text.encode(), time.monotonic() + delay
        while data:
            size = dice.randint(1, 6)
            self._on_the_line.append((due, data[:size]))
            alone = data[:size].endswith(b"\x1b")  # on a busy machine it would be late enough to be the key Esc
            data, due = data[size:], due + (0 if alone else dice.uniform(0, gap))

    def resize(self, columns: int, rows: int, cell: tuple[int, int] = (0, 0)) -> None:
        """Another size, in cells and (0: not told) pixels of a cell."""
        self.screen.resize(rows, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * cell[0], rows * cell[1]))

    def pump(self, timeout: float = 0.02) -> float | None:
        """Take what the program sent; when that was, or None."""
        self._type_what_is_due()
        if (data := self._read(timeout)) is None:
            return None
        now = time.monotonic()
        self._show(data)
        return now

    def _type_what_is_due(self) -> None:
        while self._on_the_line and self._on_the_line[0][0] <= time.monotonic():
            due, data = self._on_the_line.popleft()
            try:
                sent = os.write(self._fd, data)
            except BlockingIOError:  # the program has not read what came before
                sent = 0
            if sent < len(data):
                self._on_the_line.appendleft((due, data[sent:]))
                return

    def _read(self, timeout: float) -> bytes | None:
        """What the program wrote; None when that is nothing."""
        if not select.select([self._fd], [], [], timeout)[0]:
            return None
        try:
            data = os.read(self._fd, 1 << 18)
        except OSError:
            return None
        self.written += len(data)
        return data

    def _show(self, data: bytes) -> None:
        """Do what a terminal does with what arrives."""
        self.everything += data
        for numbers, switch, pushed, popped in _MODE.findall(data):
            changed = {int(number) for number in numbers.split(b";") if number}
            self.modes = self.modes | changed if switch == b"h" else self.modes - changed
            self.keyboard_modes += bool(pushed) - bool(popped)
        if said := self._speak(data.decode("utf-8", "replace")):
            self._answer(said.encode())
        for question, answer in self.answers.items():
            for _ in range(data.count(question)):
                self._answer(answer)
        if self.drawing:
            with contextlib.suppress(Exception):  # pyte does not know all that Textual sends
                self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", data))
        else:
            self.received += data

    def _answer(self, answer: bytes) -> None:
        """Behind what is on the line: an answer never comes in the middle of a character."""
        self._on_the_line.append((self._on_the_line[-1][0] if self._on_the_line else 0.0, answer))
        self._type_what_is_due()

    def wait_for(self, pattern: str, timeout: float = 60) -> float:
        """Wait until the screen shows ``pattern``; when that was (``time.monotonic``). Raises TimeoutError."""
        regex = re.compile(pattern)
        end = time.monotonic() + timeout
        last = time.monotonic()
        while not regex.search(self.text):
            if time.monotonic() > end:
                raise TimeoutError(f"{pattern!r} is not on the screen:\n{self.text}")
            last = self.pump() or last
        return last

    def wait_until(self, condition: Callable[[], object], timeout: float = 60) -> None:
        """Wait for ``condition``, and take what the program sends meanwhile. Raises TimeoutError."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"never came; on the screen:\n{self.text}")
            self.pump()
        while self.pump() is not None:
            pass

    def wait_for_bytes(self, needle: bytes, timeout: float = 240) -> float:
        """The same for a word in what is sent, at no cost for drawing."""
        self.drawing = False
        self.received.clear()
        end = time.monotonic() + timeout
        try:
            while time.monotonic() < end:
                if (now := self.pump()) and needle in ESCAPES.sub(b"", bytes(self.received)):
                    return now
                del self.received[:-20_000]
        finally:
            self.drawing = True
        raise TimeoutError(needle)

    def settle(self, timeout: float = 60) -> None:
        """Wait until the program rests: it does next to nothing, and is not kept from it by a busy machine."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            before, until, kept = self.cpu, time.monotonic() + 0.5, 0
            while time.monotonic() < until:
                self.pump(0.05)
                kept += self._process.status() == psutil.STATUS_RUNNING
            if self.cpu - before < 0.02 and kept < 3:
                return


def _become(
    terminal: int, argv: Sequence[str], env: dict[str, str], execute: Callable[[str, list[str], dict[str, str]], object]
) -> None:
    """In the child: take the terminal and run the program."""
    try:
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        for number in (0, 1, 2):
            os.dup2(terminal, number)
        os.closerange(3, 256)
        execute(argv[0], list(argv), env)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
    finally:
        os._exit(127)

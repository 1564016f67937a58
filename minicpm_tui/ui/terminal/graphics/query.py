"""What the terminal is: its graphics and whether it is light, asked before the app starts, answered while it is imported.

The questions go out at once (``Query``), the answers are read just before the app takes the terminal (``Query.answer``), so
that a terminal which answers costs nothing and one which does not costs at most the timeout. An answer that comes later is
taken out of what is typed (``answers``).

Sources: https://sw.kovidgoyal.net/kitty/graphics-protocol/#querying-support-and-available-transmission-mediums (kitty), ``4``
among the device attributes (sixel, https://vt100.net/docs/vt510-rm/DA1.html), ``CSI 16 t`` (pixels of a cell), ``OSC 11`` (the
background, https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import re
import select
import struct
import sys
import termios
import time
import tty
from collections.abc import Mapping
from typing import Literal

import msgspec
from rich.console import Console

from minicpm_tui.ui.terminal.clipboard import takes_copies
from minicpm_tui.ui.terminal.graphics.block_support import VERSION_QUESTION, BehindTmux, best_blocks
from minicpm_tui.ui.terminal.graphics.symbols import BLOCKS, Blocks
from minicpm_tui.ui.terminal.line import RoundTrip
from minicpm_tui.ui.terminal.multiplexer import inside_screen, inside_tmux, through_tmux

Graphics = Literal["kitty", "sixel", "iterm2", "blocks", "off"]

TIMEOUT = 0.3
"""Seconds after asking in which an answer must have come."""

# With U=1: a kitty without Unicode placeholders (before 0.28) is silent, and would show noise.
_KITTY_QUESTION = "\x1b_Gi=31,s=1,v=1,a=q,U=1,t=d,f=24;AAAA\x1b\\"
CELL_QUESTION = "\x1b[16t"
_BACKGROUND_QUESTION = "\x1b]11;?\x1b\\"
_ATTRIBUTES_QUESTION = "\x1b[c"
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]+)c")
_CELL = re.compile(rb"\x1b\[6;(\d+);(\d+)t")
_BACKGROUND = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]+)/([0-9a-fA-F]+)/([0-9a-fA-F]+)")
_EIGHT_COLOURS = {"linux", "screen"}
_LIGHT_INDEXES = {"7", "15"}


class Terminal(msgspec.Struct, frozen=True):
    """What the terminal can draw, how large its cells are in pixels, and whether its background is light, where it told.

    ``slow``: pictures would hold up what is typed. ``takes_copies``: it is known to put on its clipboard what is copied.
    ``tells_cell``: it answers when it is asked for the size of its cells. ``blocks``: how cells are divided where there are no
    graphics. ``colours``: how many there are, 0 where the user wants none. ``iterm2``: it is that, which carries files both ways.
    """

    graphics: Graphics = "blocks"
    cell_width: int = 10
    cell_height: int = 20
    light: bool | None = None
    slow: bool = False
    takes_copies: bool = False
    tells_cell: bool = False
    blocks: Blocks = "half"
    colours: int = 1 << 24
    iterm2: bool = False

    @property
    def shown_blocks(self) -> Blocks:
        """``blocks``, but on a slow line half blocks."""
        return "half" if self.slow else self.blocks


class Query:
    """Asks the terminal on standard input and output; silent where they are none, or where the user has chosen.

    ``wanted`` are the graphics that the user wants, ``blocks`` the symbols; ``background`` is False where the user has chosen
    a theme. ``more`` questions go out with the others; ``answers`` holds what came, what was typed too. It waits at most
    ``timeout`` seconds.
    """

    def __init__(
        self,
        wanted: str = "auto",
        environ: Mapping[str, str] | None = None,
        *,
        blocks: str = "auto",
        background: bool = False,
        more: str = "",
        timeout: float = TIMEOUT,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._wanted = wanted
        self._blocks = blocks
        self._behind = BehindTmux(self._environ) if self._wants_blocks else None
        self._background = background and speaks_osc(self._environ)
        self._more = more
        self._timeout = timeout
        self.answers = b""
        self._asked = 0.0
        self._mode = None
        self._round_trip: RoundTrip | None = None
        asks = wanted == "auto" or self._wants_blocks or self._background
        if not asks or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return
        self._input = sys.stdin.fileno()
        self._mode = termios.tcgetattr(self._input)
        try:
            self._take_keys()
            sys.stdout.write(self._questions())
            sys.stdout.flush()
            self._asked = time.monotonic()
            self._round_trip = RoundTrip(self._input, timeout)
        except BaseException:
            self.end()
            raise

    @property
    def round_trip(self) -> float:
        """Seconds until the terminal answered: 0 where it was not asked, infinite where nothing came."""
        return self._round_trip.seconds if self._round_trip else 0.0

    def answer(self) -> Terminal:
        """What the terminal said by now, or says before the timeout. Leaves the terminal as it was."""
        told = self._told()
        colours = colours_in(self._environ)
        if colours == 0 and told.graphics == "kitty":  # whose cells name their picture by a colour
            told = msgspec.structs.replace(told, graphics="blocks")
        return msgspec.structs.replace(told, colours=colours)

    def _told(self) -> Terminal:
        chosen = None if self._wanted == "auto" else _named(self._wanted)
        behind = self._behind.name() if self._behind else ""
        if self._mode is None:
            told = Terminal(
                chosen or "blocks",
                light=_light(b"", self._environ),
                takes_copies=takes_copies(self._environ),
                blocks=best_blocks(b"", self._environ, behind),
                iterm2=is_iterm2(b"", self._environ),
            )
        else:
            try:
                told = understand(self._read(), self._environ, window_cell(self._input), behind)
            finally:
                self.end()
        for blocks in BLOCKS:
            if self._blocks == blocks:
                told = msgspec.structs.replace(told, blocks=blocks)
        return told if chosen is None else msgspec.structs.replace(told, graphics=chosen)

    @property
    def _wants_blocks(self) -> bool:
        """It depends on the terminal which symbols are drawn."""
        return self._blocks == "auto" and self._wanted in {"auto", "blocks"}

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._mode is not None:
            termios.tcsetattr(self._input, termios.TCSANOW, self._mode)
            self._mode = None

    def _take_keys(self) -> None:
        """Key by key, unseen. ^S does not hold up the output: nobody would know why nothing shows, and the write would wait."""
        tty.setcbreak(self._input, termios.TCSANOW)
        mode = termios.tcgetattr(self._input)
        mode[0] &= ~termios.IXON
        termios.tcsetattr(self._input, termios.TCSANOW, mode)

    def _questions(self) -> str:
        questions = self._more + (_BACKGROUND_QUESTION if self._background else "") + CELL_QUESTION + _ATTRIBUTES_QUESTION
        if self._wants_blocks and speaks_osc(self._environ):
            questions = VERSION_QUESTION + questions
        if self._wanted == "auto" and speaks_kitty(self._environ):  # others might print it
            question = through_tmux(_KITTY_QUESTION) if inside_tmux(self._environ) else _KITTY_QUESTION
            questions = question + questions
        return questions

    def _read(self) -> bytes:
        while not _ATTRIBUTES.search(self.answers):
            left = self._asked + self._timeout - time.monotonic()
            ready, _, _ = select.select([self._input], [], [], max(0.0, left))
            if not ready:
                break
            with contextlib.suppress(BlockingIOError):
                self.answers += os.read(self._input, 4096)
        return self.answers


def understand(answers: bytes, environ: Mapping[str, str], window_cell: tuple[int, int] = (0, 0), behind: str = "") -> Terminal:
    """The terminal that gave these answers; blocks when in doubt.

    ``window_cell`` is a cell's (width, height) in pixels as the kernel knows it, for terminals that do not tell; ``behind``
    the name of the terminal behind tmux.
    """
    told_cell = cell_of(answers)
    width, height = told_cell or window_cell
    if not plausible(width, height):
        width, height = 10, 20
    attributes = _ATTRIBUTES.search(answers)
    graphics: Graphics = "blocks"
    if b"\x1b_Gi=31;OK" in answers:
        graphics = "kitty"
    elif attributes and b"4" in attributes.group(1).split(b";")[1:]:
        graphics = "sixel"
    elif speaks_iterm2(environ) and not inside_tmux(environ):
        graphics = "iterm2"
    told = frozenset(int(number) for number in attributes.group(1).split(b";") if number) if attributes else frozenset()
    light, copies = _light(answers, environ), takes_copies(environ, told)
    blocks, iterm2 = best_blocks(answers, environ, behind), is_iterm2(answers, environ)
    tells = told_cell is not None
    return Terminal(graphics, width, height, light, takes_copies=copies, tells_cell=tells, blocks=blocks, iterm2=iterm2)


def cell_of(answers: bytes) -> tuple[int, int] | None:
    """A cell's (width, height) in pixels, as the terminal tells it."""
    cell = _CELL.search(answers)
    return (int(cell.group(2)), int(cell.group(1))) if cell else None


def plausible(width: int, height: int) -> bool:
    """A cell can have this size in pixels."""
    return 4 <= width <= 100 and 6 <= height <= 200


def light_of(answers: bytes) -> bool | None:
    """The background that the terminal tells is a light one; None where it tells none."""
    background = _BACKGROUND.search(answers)
    if background is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in background.groups())
    luma: float = 0.299 * red + 0.587 * green + 0.114 * blue  # ITU-R BT.601
    return luma > 0.5


def _light(answers: bytes, environ: Mapping[str, str]) -> bool | None:
    """As the terminal tells; else as it has written into ``COLORFGBG``, which gets through tmux (not over ssh)."""
    told = light_of(answers)
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return ground in _LIGHT_INDEXES if told is None and ground.isdigit() else told


def colours_in(environ: Mapping[str, str]) -> int:
    """How many colours are drawn in a terminal with the environment ``environ``, as Rich and Textual see it; ``NO_COLOR``: 0."""
    if "NO_COLOR" in environ:
        return 0
    system = environ.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if system == "auto":
        system = Console(file=io.StringIO(), force_terminal=True, _environ=environ).color_system or "standard"
    if system == "standard":
        few = environ.get("TERM", "") in _EIGHT_COLOURS and not inside_tmux(environ)  # which calls itself screen, and has 16
        return 8 if few else 16
    return 256 if system == "256" else 1 << 24


def speaks_osc(environ: Mapping[str, str]) -> bool:
    """The terminal takes a question that it does not know for a command, and does not print it."""
    return environ.get("TERM", "") not in {"linux", "dumb", ""}


def window_cell(handle: int) -> tuple[int, int]:
    """A cell's (width, height) in pixels as the kernel knows it of the terminal at ``handle``; (0, 0) where it does not."""
    rows, columns, width, height = struct.unpack("HHHH", fcntl.ioctl(handle, termios.TIOCGWINSZ, bytes(8)))
    return (width // columns, height // rows) if rows and columns else (0, 0)


def speaks_kitty(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is one that knows kitty's *Unicode placeholders*, by the names it gives itself."""
    names = f"{environ.get('TERM', '')} {environ.get('TERM_PROGRAM', '')}".lower()
    return "KITTY_WINDOW_ID" in environ or any(name in names for name in ("kitty", "ghostty"))


def speaks_iterm2(environ: Mapping[str, str]) -> bool:
    """WezTerm knows iTerm2's sequence."""
    names = _names(environ)
    return "iterm" in names or "wezterm" in names


def is_iterm2(answers: bytes, environ: Mapping[str, str]) -> bool:
    """Whether the terminal is iTerm2 itself, by its environment or its ``answers``, with nothing between."""
    return ("iterm" in _names(environ) or b"\x1bP>|iTerm2" in answers) and not inside_tmux(environ) and not inside_screen(environ)


def _names(environ: Mapping[str, str]) -> str:
    """What the terminal calls itself; over ssh iTerm2 does so in ``LC_TERMINAL``."""
    return f"{environ.get('TERM_PROGRAM', '')} {environ.get('LC_TERMINAL', '')}".lower()


def _named(wanted: str) -> Graphics:
    for graphics in ("kitty", "sixel", "iterm2", "off"):
        if wanted == graphics:
            return graphics
    return "blocks"

"""The terminal itself: Textual's driver, which takes the terminal once and can take it back.

Textual starts all over at every SIGCONT: after a SIGSTOP, which no program can see coming, there are two threads that read and
two that write, one of which nobody ends, and what is restored at the end is the raw mode of the first start.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import select
import signal
import termios
import time
import tty
from collections.abc import Callable, Iterable
from typing import Any

from textual import constants
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from minicpm_tui.ui.terminal.answers import Answered, Answers
from minicpm_tui.ui.terminal.jobs import in_background
from minicpm_tui.ui.terminal.key_parser import KeyParser
from minicpm_tui.ui.terminal.multiplexer import may_lack_other_screen
from minicpm_tui.ui.terminal.output.frames import ANSWER, QUESTION
from minicpm_tui.ui.terminal.pasting.input import PasteInput

LOOK_SECONDS = 0.1
"""So often the reading thread looks whether it should end, and whether a key that could begin a longer one is one."""
ANSWER_SECONDS = 1.0
"""So long an answer that is on its way is waited for before the terminal is given back."""
PASTE_SECONDS = 5.0
"""The time for the rest of a paste."""
HOLD_SECONDS = 0.02
"""So long what could be the beginning of an answer is kept from the parser."""
EXPECTING_SECONDS = 0.5
"""The time for one that is due; a lone Esc waits no longer than for that one."""


class TerminalDriver(LinuxDriver):
    """Takes the terminal at most once at a time, whatever signals come."""

    def __init__(self, app: App[Any], **named: Any) -> None:
        super().__init__(app, **named)
        self._early: bytes = getattr(app, "early_input", b"")
        self._taken = False
        self._asked = self._heard = 0
        self.pastes = PasteInput()
        self._switches: list[tuple[str, str]] = []
        self._event_loop = asyncio.get_running_loop()
        self._frame_drawn: Callable[[float], object] = getattr(app, "frame_drawn", lambda _at: None)
        for number in (signal.SIGINT, signal.SIGQUIT):  # not typed here, but sent: end in good order
            signal.signal(number, lambda *_: os.kill(os.getpid(), signal.SIGTERM))

    def start_application_mode(self) -> None:
        """Take the terminal; in the background Textual sleeps instead and comes here again."""
        before = self._key_thread
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._taken = self._key_thread is not before
        if self._taken:
            self.write("".join(on for on, _off in self._switches))

    def take_pastes(self, limit: int, pictures: Callable[[], bool]) -> None:
        """Hear what the terminal hands over of its clipboard and of drops; see ``ClipboardReader`` and ``DropReader``."""
        self.pastes.begin(self._write_now, self.process_message, limit, pictures)

    def switch_on(self, switch: tuple[str, str]) -> None:
        """Send the first text of ``switch`` now and whenever the terminal is taken again, the second when it is given back."""
        if switch not in self._switches:
            self._switches.append(switch)
            self._write_now(switch[0])

    def _write_now(self, data: str) -> None:
        self.write(data)
        self.flush()

    def write(self, data: str) -> None:
        """Send ``data`` to the terminal."""
        if data.endswith(QUESTION):
            self._asked += 1
        super().write(data)

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was; one without a second screen would keep ours."""
        if self._taken:
            self._await_answers()
            self.write("\x1b[m" + "".join(off for _on, off in self._switches))
        if self._taken and may_lack_other_screen(os.environ):
            self.write("\x1b[H\x1b[2J")
        super().stop_application_mode()
        self._taken = False

    def _await_answers(self) -> None:
        """What the terminal has yet to answer would be typed into the shell."""
        until = time.monotonic() + (PASTE_SECONDS if self.pastes.flows else ANSWER_SECONDS)
        while (0 < self._heard < self._asked or self.pastes.flows) and time.monotonic() < until:
            time.sleep(0.005)
        self._asked = self._heard = 0

    def _hear(self, answer: str) -> None:
        if answer == ANSWER:  # ten a second while a reply streams: a message to the app would cost ten times as much
            self._heard += 1
            self._event_loop.call_soon_threadsafe(self._frame_drawn, time.monotonic())
        else:
            self.process_message(Answered(answer))

    def _hand_on(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def run_input_thread(self) -> None:
        """Read until told to end: keys go to the app as Textual's own thread gives them, answers as ``Answered``."""
        parser = KeyParser(self._debug)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        answers = Answers(self._hear)

        def type_on(text: str) -> None:
            if typed := self.pastes.in_order(text):
                self._hand_on(parser.feed(typed))

        def take(data: bytes) -> None:
            for text in self.pastes.feed(decode(data)):
                type_on(answers.feed(text))
            type_on("")

        early, self._early = self._early, b""
        take(early)
        while True:
            ending = self.exit_event.is_set()
            expecting = self._heard < self._asked or self.pastes.active
            hold = EXPECTING_SECONDS if expecting else HOLD_SECONDS
            held = answers.holding or self.pastes.holding
            ready = select.select([self.fileno], [], [], hold if held else LOOK_SECONDS)[0]
            data = os.read(self.fileno, 4096) if ready else b""
            if ready and not data:
                break
            if ready:
                take(data)
            else:
                released = self.pastes.release()
                type_on((answers.feed(released) if released else "") + answers.release())
            self._hand_on(parser.tick())
            if ending:
                break

    def _sigcont_application(self, *arguments: Any) -> None:
        if not self._taken:
            super()._sigcont_application(*arguments)
        elif in_background(self.fileno):
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            self._take_back()

    def _take_back(self) -> None:
        """The program went on where it stood, but the shell has had the terminal: set all modes again and draw anew."""
        with contextlib.suppress(termios.error):
            mode = termios.tcgetattr(self.fileno)
            mode[tty.IFLAG] = self._patch_iflag(mode[tty.IFLAG])
            mode[tty.LFLAG] = self._patch_lflag(mode[tty.LFLAG])
            mode[tty.CC][termios.VMIN] = 1
            termios.tcsetattr(self.fileno, termios.TCSANOW, mode)
        if not constants.DISABLE_KITTY_KEY:
            self.write("\x1b[<u")  # ours, unless the shell has dropped it; the terminal counts how often it was pushed
        self.write("\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[?2004h\x1b[?7l")
        if not constants.DISABLE_KITTY_KEY:
            self.write("\x1b[>25u")
        self._enable_mouse_support()
        self.write("".join(on for on, _off in self._switches))
        self.process_message(self.SignalResume())

"""Kills of what asks in sessions: ``ask`` and the TUI, from their start to their end."""

from __future__ import annotations

import random
import signal
import time
from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.batch.conftest import png
from tests.faults.kill_files import opened, sessions
from tests.faults.killing import DEADLINE, LAST, TIME, WORDS, Tally, command, run
from tests.terminal import Terminal


class Chat:
    """Programs that ask one question each. It is promised by the first word of the reply, the reply by its end."""

    def __init__(self, folder: Path, url: str, chance: random.Random) -> None:
        self.url, self.chance, self._count = url, chance, 0
        self.picture = folder / "picture.png"
        self.picture.write_bytes(png(1))
        self._promised: set[str] = set()
        began = time.monotonic()
        self._ask(Tally(), DEADLINE)
        self._life = time.monotonic() - began

    def kill(self, tally: Tally) -> None:
        """All that was promised by those before it is there, and the next one answers."""
        self._ask(tally, self.chance.uniform(0, self._life))
        self._ask(tally, DEADLINE)

    @abstractmethod
    def asked(self, question: str, life: float, words: list[str]) -> tuple[str, bool, float]:
        """One that lives ``life`` seconds: what it showed of the reply, whether that was all, and when it was killed."""

    def _ask(self, tally: Tally, life: float) -> None:
        self._count += 1
        question = f"question {self._count}."
        words = ["--continue"] if sessions() and self.chance.random() < 0.8 else []
        shown, over, killed = self.asked(question, life, words)
        assert over or life < DEADLINE, shown
        times = TIME.findall(shown)
        self._promised |= {question} if times else set()
        self._promised |= {times[-1]} if over else set()
        found = {each.id: each for each in opened(sessions())}
        there = {each.text for each in found.values()}
        for each in found.values():
            words, whole = TIME.findall(each.text), each.text.endswith(LAST)
            if each.end is not None and each.end.error is None and whole and len(words) == WORDS:
                there.add(words[-1])
            elif each.end is None and not whole and each.parent and found[each.parent].text == question:
                tally.broken(each.text, shown, killed)
        tally.keep(self._promised, there)


class Ask(Chat):
    """``ask``: what stands on stdout."""

    def asked(self, question: str, life: float, words: list[str]) -> tuple[str, bool, float]:
        if self.chance.random() < 0.5:
            words = [*words, "-f", str(self.picture)]
        done = command("ask", "--url", self.url, *words, question, life=life)
        assert life < DEADLINE or done.status == 0, done
        return done.said, f"{LAST}\n" in done.said, done.killed


class Tui(Chat):
    """The program in a terminal: what stands on the screen; a reply is over when the line below says so."""

    def asked(self, question: str, life: float, words: list[str]) -> tuple[str, bool, float]:
        until, shown, over = time.monotonic() + life, "", False
        with Terminal(["minicpm-tui", "--url", self.url, *words], columns=100, rows=24, execute=run) as terminal:

            def look() -> bool:
                nonlocal shown, over
                shown = (terminal.text.split(f"▌ {question}", 1)[1:] or [""])[0]
                over = over or (LAST in shown and "● ready" in shown)
                return over

            def lived(condition: Callable[[], bool]) -> bool:
                while not condition():
                    if time.monotonic() > until or not terminal.process.is_running():
                        return False
                    terminal.pump()
                return True

            if lived(lambda: "● ready" in terminal.text):
                terminal.send(f"{question}\r")
                if lived(look):
                    terminal.send("\x11")
                    lived(lambda: terminal.process.status() == psutil.STATUS_ZOMBIE)
            killed, left = time.monotonic(), terminal.process.status() == psutil.STATUS_ZOMBIE
            if not left:
                terminal.process.send_signal(signal.SIGKILL)
                while terminal.pump() is not None:
                    pass
                look()
        assert life < DEADLINE or left, shown
        return shown, over, killed

"""Keys as the terminal sends them. With Alt most send an escape before the character, which Textual does not follow.

It takes such a character for text (Alt+X types an x) and, when another key comes in the same read, the escape for a ``^``.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.events import Key, Paste
from textual.message import Message

_INTRODUCERS = r"\x1b\[\]OPNX_^\\"
"""Between an escape and the end of a longer sequence: what may be one is not taken for Alt at once."""
_SPECIAL = re.compile(rf"\x1b\[200~|\x1b([^{_INTRODUCERS}])", re.DOTALL)
_UNFINISHED = re.compile(r"\x1b(?:\[[\d;:<?]*|O)\Z")
"""No key that somebody presses: the rest was cut off on the way."""
PATIENCE_SECONDS = 1.0
"""So long the rest of a sequence may take."""
_PASTE_BEGINS = "\x1b[200~"
_PASTE_ENDS = "\x1b[201~"


class KeyParser(XTermParser):
    """Knows Alt and a character as one key, which types nothing. What is pasted holds no keys."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pasted: list[str] | None = None
        """What came since a paste began."""
        self._texts: deque[str] = deque()
        """Pastes that are whole. Textual, which reads a character at a time, is given the marks around them alone."""
        self._tail = ""
        """What came last, for a sequence that is cut; empty when it stayed alone."""
        self._patient_until = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """Read ``data``; the empty string is the end."""
        plain = self._plain(data)
        for message in super().feed(plain) if plain or not data else ():
            yield Paste(self._texts.popleft()) if isinstance(message, Paste) and self._texts else message

    def _plain(self, data: str) -> str:
        """``data`` in terms that Textual understands."""
        if not data:
            return ""
        if self._pasted is not None:
            return self._paste_goes_on(self._pasted, data)
        seen = len(self._tail)
        whole = self._tail + data
        out, end = [], seen
        for found in _SPECIAL.finditer(whole):
            out.append(whole[end : max(found.start(), seen)])
            end = found.end()
            if (character := found[1]) is None:
                out.append(whole[max(found.start(), seen) : end])
                self._tail, self._pasted = "", []
                return "".join(out) + self._plain(whole[end:])
            out.append(_with_alt(character)[max(0, seen - found.start()) :])
        out.append(whole[end:])
        self._tail = _cut(whole)
        self._patient_until = time.monotonic() + PATIENCE_SECONDS if _UNFINISHED.search(whole) else 0.0
        return "".join(out)

    def _paste_goes_on(self, pasted: list[str], data: str) -> str:
        """Keep ``data``; once the paste has ended, the mark that says so and what came after it."""
        before = pasted.pop() if pasted else ""  # the mark may have been cut
        last, mark, rest = (before + data).partition(_PASTE_ENDS)
        pasted.append(last)
        if not mark:
            if len(last) > len(_PASTE_ENDS):
                pasted[-1:] = last[: -len(_PASTE_ENDS)], last[-len(_PASTE_ENDS) :]
            return ""
        self._pasted = None
        self._texts.append("".join(pasted).replace("\x1b", "").replace("\x00", ""))
        return mark + self._plain(rest)

    def tick(self) -> Iterable[Message]:
        """Read on without more: an escape that stays alone is a key."""
        if time.monotonic() < self._patient_until:
            return
        for message in super().tick():
            self._tail = ""
            yield message

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        for event in super()._sequence_to_key_events(sequence, alt):
            yield Key(event.key if event.key.startswith("alt+") else f"alt+{event.key}", None) if alt else event


def _cut(text: str) -> str:
    """The beginning of a sequence that ``text`` ends with."""
    begun = text[text.rfind("\x1b") :] if "\x1b" in text else ""
    return begun if _PASTE_BEGINS.startswith(begun) else ""


def _with_alt(character: str) -> str:
    """The key as a terminal with kitty's keyboard sends it: modifier 3 is Alt, 4 is Shift too."""
    lower = character.lower()
    shifted = lower != character and len(lower) == 1
    return f"\x1b[{ord(lower) if shifted else ord(character)};{4 if shifted else 3}u"

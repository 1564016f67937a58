"""Files that the user chooses in a dialog of iTerm2: base64 of a tar.gz, sent as if it were typed.

Source: https://iterm2.com/documentation-escape-codes.html (Uploads)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from textual.message import Message

from minicpm_tui.errors import MinicpmTuiError, TransferError
from minicpm_tui.i18n import _
from minicpm_tui.receiving.transfer import STALL_SECONDS, Transfer
from minicpm_tui.ui.terminal.pasting.arrivals import Arriving, NotReceived, Received, given_up
from minicpm_tui.ui.terminal.pasting.packets import Base64Pieces

REQUEST = "\x1b]1337;RequestUpload=format=tgz\x07"
DIALOG_SECONDS = 600.0
"""So long the user may look for files; what comes later is typed."""
STATUS_SECONDS = 2.0
"""So long what could be the beginning of the terminal's answer is kept, while the dialog is open."""
_GAP_SECONDS = 1.0
_MOST_TYPED = 20
"""Characters; of what comes after a gap, while the rest of an upload that was given up is awaited, so few are typed."""
_STATUS = re.compile(r"(ok|abort)\r?\n")
_STATUS_BEGUN = re.compile(r"(?:o(?:k\r?)?|a(?:b(?:o(?:r(?:t\r?)?)?)?)?)$")
_PIECE = re.compile(
    r"(?P<data>[A-Za-z0-9+/=]+)|(?P<line>\n)|\r"
    r"|(?P<typed>\x1b(?:\[[0-?]*[ -/]*[@-~]|O[A-Za-z])?|[^A-Za-z0-9+/=\n\r\x1b]+)"
)
_KEY_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?$")


class UploadReader:
    """Takes one upload after another out of what comes from the terminal, once it was asked for.

    Args:
        write: sends to the terminal.
        tell: is given ``Arriving``, ``Received`` (with the archive) and ``NotReceived``.
        limit: bytes of an archive that are taken.
    """

    def __init__(self, write: Callable[[str], object], tell: Callable[[Message], object], limit: int) -> None:
        self._write = write
        self._tell = tell
        self._limit = limit
        self._state: Literal["idle", "asked", "flowing", "dropping"] = "idle"
        self._heard = 0.0
        self._held = ""
        self._held_since = 0.0
        self._line = 0
        self._archive = Base64Pieces()
        self._transfer = Transfer(limit)

    @property
    def holding(self) -> bool:
        """The beginning of an answer or of a key is held back."""
        return bool(self._held)

    @property
    def flows(self) -> bool:
        """An upload is on its way."""
        return self._state in {"flowing", "dropping"}

    def ask(self, now: float) -> None:
        """Have the user choose files, unless that is going on."""
        if self._state in {"idle", "asked"}:
            self._state, self._heard = "asked", now
            self._write(REQUEST)

    def feed(self, text: str, now: float) -> str:
        """What is typed of ``text``, which came at ``now`` seconds."""
        if self._state == "idle":
            return text
        text, self._held = self._held + text, ""
        if self._state == "asked":
            return self._await_status(text, now)
        return self._flow(text, now)

    def look(self, now: float) -> str:
        """Nothing came for a moment: what of it is typed. Gives up what was stopped, or what the terminal sends no more of."""
        silent = now - self._heard
        if self._state == "flowing" and (error := given_up(self._transfer, silent)):
            self._fail(error)
        elif (self._state == "asked" and silent > DIALOG_SECONDS) or (self._state == "dropping" and silent > STALL_SECONDS):
            self._state = "idle"
        if self._state == "asked" and self._held and now - self._held_since <= STATUS_SECONDS:
            return ""
        held, self._held = self._held, ""
        return held

    def _await_status(self, text: str, now: float) -> str:
        found = _STATUS.search(text)
        if found is None:
            begun = _STATUS_BEGUN.search(text)
            self._held, self._held_since = begun.group() if begun else "", now
            return text[: begun.start()] if begun else text
        typed, rest = text[: found.start()], text[found.end() :]
        if found[1] == "abort":
            self._state = "idle"
            self._tell(NotReceived(TransferError(_("no file was chosen"))))
            return typed + rest
        self._state, self._heard = "flowing", now
        self._line, self._archive, self._transfer = 0, Base64Pieces(), Transfer(self._limit)
        self._tell(Arriving(self._transfer))
        return typed + self._flow(rest, now)

    def _flow(self, text: str, now: float) -> str:
        """Takes the lines; what cannot be of them is typed."""
        late = self._state == "dropping" and now - self._heard > _GAP_SECONDS
        if late and len(text) <= _MOST_TYPED and "\n" not in text:
            return text
        self._heard = now
        if begun := _KEY_BEGUN.search(text):
            self._held, text = begun.group(), text[: begun.start()]
        typed = ""
        for piece in _PIECE.finditer(text):
            typed += piece["typed"] or ""
            if piece["line"] and not self._line:
                self._finish()
                held, self._held = self._held, ""
                return typed + text[piece.end() :] + held
            self._line = 0 if piece["line"] else self._line + len(piece["data"] or "")
            if piece["data"] and self._state == "flowing":
                self._add(piece["data"])
        return typed

    def _add(self, text: str) -> None:
        try:
            self._transfer.count(self._archive.add(text))
        except MinicpmTuiError as error:
            self._fail(error)

    def _finish(self) -> None:
        """The empty line has come."""
        if self._state == "flowing":
            try:
                self._transfer.count(self._archive.finish())
            except MinicpmTuiError as error:
                self._tell(NotReceived(error))
            else:
                self._tell(Received(bytes(self._archive.data), "uploaded"))
        self._state, self._archive = "idle", Base64Pieces()

    def _fail(self, error: MinicpmTuiError) -> None:
        self._state, self._archive = "dropping", Base64Pieces()
        self._tell(NotReceived(error))

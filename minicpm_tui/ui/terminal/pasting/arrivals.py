"""What the terminal hands over, on its way into the program: its types, and what the app is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from textual.message import Message

from minicpm_tui.errors import MinicpmTuiError, TransferError
from minicpm_tui.i18n import _
from minicpm_tui.receiving.transfer import STALL_SECONDS, Transfer

PATHS = "text/uri-list"
TEXTS = ("text/plain", "text/plain;charset=utf-8", "utf8_string")
_PICTURES = ("image/png", "image/jpeg", "image/webp")
MOST_TYPES = 1 << 16
"""Bytes of a list of types."""

Source = Literal["pasted", "dropped", "uploaded"]
"""What is uploaded is an archive."""


class Arriving(Message):
    """A picture or a file of the user's own machine is arriving, or several."""

    def __init__(self, transfer: Transfer) -> None:
        super().__init__()
        self.transfer = transfer


class Received(Message):
    """It is here: ``data`` are its bytes. ``more``: others may follow, and ``AllReceived`` ends them."""

    def __init__(self, data: bytes, source: Source = "pasted", *, more: bool = False) -> None:
        super().__init__()
        self.data = data
        self.source = source
        self.more = more


class AllReceived(Message):
    """Nothing more comes; ``left_out`` are lines about what was not taken."""

    def __init__(self, left_out: Sequence[str] = ()) -> None:
        super().__init__()
        self.left_out = left_out


class NotReceived(Message):
    """What was pasted or dropped did not arrive."""

    def __init__(self, error: MinicpmTuiError) -> None:
        super().__init__()
        self.error = error


class Hovering(Message):
    """Something that would be taken is dragged over the terminal; not ``over``: no longer."""

    def __init__(self, *, over: bool) -> None:
        super().__init__()
        self.over = over


def given_up(transfer: Transfer | None, silent: float, patience: float = STALL_SECONDS) -> TransferError | None:
    """Why nothing more is waited for: it was stopped, or the terminal has been ``silent`` for more than ``patience`` seconds."""
    if transfer is not None and transfer.stopped:
        return TransferError(_("stopped"))
    if silent > patience:
        return TransferError(_("the terminal sent nothing for {seconds} s").format(seconds=round(patience)))
    return None


def pictures(types: Sequence[str]) -> list[str]:
    """Those of ``types`` that are pictures, best first."""
    known = _by_name(types)
    return [known[each] for each in (*(each for each in _PICTURES if each in known), *_other_pictures(known))]


def texts(types: Sequence[str]) -> list[str]:
    """Those of ``types`` that are plain text."""
    known = _by_name(types)
    return [known[each] for each in TEXTS if each in known]


def paths(types: Sequence[str]) -> list[str]:
    """Those of ``types`` that are a list of addresses: one, or none."""
    known = _by_name(types)
    return [known[PATHS]] if PATHS in known else []


def as_text(data: bytes, kind: str) -> str:
    """``data`` of the type ``kind`` as Textual reads a bracketed paste; of a list of addresses those, without its comments."""
    text = data.decode("utf-8", "replace").replace("\x1b", "").replace("\x00", "")
    return "\n".join(addresses(text)) if kind.lower() == PATHS else text


def addresses(text: str) -> list[str]:
    """The addresses of a list (https://www.rfc-editor.org/rfc/rfc2483#section-5)."""
    return [line.strip() for line in text.splitlines() if line.strip() and line[:1] != "#"]


def _by_name(types: Sequence[str]) -> dict[str, str]:
    return {each.lower(): each for each in reversed(types)}


def _other_pictures(known: dict[str, str]) -> list[str]:
    return [each for each in known if each.startswith("image/") and each not in _PICTURES]

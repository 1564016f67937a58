"""Hands a file to the running program of the same user, from another command."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from socket import SHUT_WR, socket

from minicpm_tui.decoding import DecodingError
from minicpm_tui.errors import TransferError
from minicpm_tui.exact_json import decode_exactly
from minicpm_tui.i18n import _
from minicpm_tui.receiving import sockets
from minicpm_tui.receiving.reception import Answer

ANSWER_SECONDS = 30.0


def hand_over(pieces: Iterable[bytes]) -> Path:
    """Send ``pieces`` of one file to the program that was used last; where it has put them (blocks). Raises TransferError."""
    program = next((found for path in sockets.candidates() if (found := sockets.connect(path)) is not None), None)
    if program is None:
        raise TransferError(
            _("no minicpm-tui of yours is running here"), hint=_("start it in another window; `minicpm-tui ask -f -` needs none")
        )
    with program:
        program.settimeout(ANSWER_SECONDS)
        answer = _exchange(program, pieces)
    if answer.error:
        raise TransferError(answer.error)
    return Path(answer.path)


def _exchange(program: socket, pieces: Iterable[bytes]) -> Answer:
    try:
        try:
            for piece in pieces:
                program.sendall(piece)
            program.shutdown(SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough: its answer says why
        return decode_exactly(_line(program), Answer)
    except (OSError, DecodingError) as error:
        raise TransferError(_("the program did not answer: {error}").format(error=error)) from error


def _line(program: socket) -> bytes:
    with program.makefile("rb") as answers:
        return answers.readline(1 << 16)

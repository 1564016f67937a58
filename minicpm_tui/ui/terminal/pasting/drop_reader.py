"""Takes what the user drags into the terminal and lets go there. Source: https://sw.kovidgoyal.net/kitty/dnd-protocol/"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.events import Paste
from textual.message import Message

from minicpm_tui.errors import MinicpmTuiError, TransferError
from minicpm_tui.i18n import N_, _
from minicpm_tui.receiving.transfer import Transfer
from minicpm_tui.ui.terminal.pasting.arrivals import (
    MOST_TYPES,
    AllReceived,
    Arriving,
    Hovering,
    NotReceived,
    Received,
    addresses,
    as_text,
    given_up,
    paths,
    pictures,
    texts,
)
from minicpm_tui.ui.terminal.pasting.drop import Drop, Request, number
from minicpm_tui.ui.terminal.pasting.packets import Packet, drop_packet
from minicpm_tui.ui.terminal.pasting.reader import FLOW_SECONDS

_COPY, _NOTHING = 1, 0
_REFUSED = {
    "EPERM": N_("the terminal does not allow it"),
    "ENOENT": N_("the terminal does not find it"),
    "EMFILE": N_("the terminal sends no more files at a time"),
    "ENOMEM": N_("the terminal sends no more folders at a time"),
}


class DropReader:
    """Hears what the terminal says of a drop, and asks it for what was dropped.

    Args:
        write: sends to the terminal.
        tell: is given ``Hovering``, ``Paste``, ``Arriving``, ``Received``, ``AllReceived`` and ``NotReceived``.
        limit: bytes that are taken of one file.
        takes_files: whether they have a place to go now; else only text is taken.
    """

    def __init__(
        self, write: Callable[[str], object], tell: Callable[[Message], object], limit: int, takes_files: Callable[[], bool]
    ) -> None:
        self._write = write
        self._tell = tell
        self._limit = limit
        self._takes_files = takes_files
        self._listing = ""
        self._offered: Sequence[str] = ()
        self._said: str | None = None
        self._continues = ""
        self._drop: Drop | None = None

    def flows(self, now: float) -> bool:
        """Something is on its way from the terminal."""
        return self._drop is not None and now - self._drop.heard < FLOW_SECONDS

    def hear(self, each: Packet, now: float) -> None:
        """The terminal has sent ``each`` at ``now`` seconds. What nobody has asked for is dropped."""
        kind = each.keys.get("t") or self._continues  # only the first of several pieces has to say what it is
        self._continues = kind if each.keys.get("m") == "1" else ""
        if kind in {"m", "M"}:
            self._list(each, kind, now)
        elif kind in {"r", "R"} and self._drop is not None:
            self._drop.heard = now
            try:
                (self._take if kind == "r" else self._refused)(self._drop, each)
            except MinicpmTuiError as error:
                self._fail(error)

    # -- over the terminal ----------------------------------------------------------------------------------------------------

    def _list(self, each: Packet, kind: str, now: float) -> None:
        self._listing = (self._listing + each.text)[:MOST_TYPES]
        if self._continues:
            return
        types, self._listing = self._listing.split(), ""
        if kind == "M":
            self._begin(types, now)
        elif number(each.keys, "x") < 0:
            self._hover(None)
        else:
            self._offered = types or self._offered
            self._hover(" ".join(self._wanted(self._offered)))

    def _hover(self, wanted: str | None) -> None:
        """Say once what is ``wanted`` of what hovers; None: it has left."""
        if wanted is None:
            self._offered = ()
        elif wanted != self._said:
            self._write(drop_packet(wanted, t="m", o=_COPY if wanted else _NOTHING))
        if bool(wanted) != bool(self._said):
            self._tell(Hovering(over=bool(wanted)))
        self._said = wanted

    def _wanted(self, types: Sequence[str]) -> list[str]:
        """Which of ``types`` are wanted, best first: files as they are before a picture that is made of them."""
        return [*paths(types), *pictures(types), *texts(types)] if self._takes_files() else texts(types)

    # -- dropped --------------------------------------------------------------------------------------------------------------

    def _begin(self, types: Sequence[str], now: float) -> None:
        if self._drop is not None:
            self._tell(NotReceived(TransferError(_("stopped"))))
        self._hover(None)
        drop = self._drop = Drop(types, now, Transfer(self._limit))
        if wanted := self._wanted(types):
            self._request(drop, wanted[0])
        else:
            self._end()

    def _request(self, drop: Drop, kind: str) -> None:
        if kind in pictures(drop.types):
            self._tell(Arriving(drop.transfer))
        request = Request(drop.types.index(kind) + 1)
        drop.ask(request)
        self._write(request.text)

    def _take(self, drop: Drop, each: Packet) -> None:
        if "x" in each.keys:
            drop.stray = drop.asked is None or not drop.asked.is_answered_by(each)
        if drop.stray or drop.asked is None:
            return
        if each.text:
            drop.transfer.count(drop.answer.add(each))
        elif each.keys.get("m", "0") == "0":
            drop.answer.add(each)
            drop.transfer.count(drop.answer.finish())
            self._took(drop, drop.asked)

    def _took(self, drop: Drop, asked: Request) -> None:
        """All of what was ``asked`` for is here."""
        data = bytes(drop.answer.data)
        if not (asked.y or asked.folder):
            self._took_type(drop, drop.types[asked.x - 1], data)
            return
        if drop.is_link:
            drop.leave_link()
        elif drop.answer.mark > 1:
            drop.enter(asked, drop.answer.mark, data)
        else:
            drop.taken += 1
            self._tell(Received(data, "dropped", more=True))
        self._go_on(drop)

    def _took_type(self, drop: Drop, kind: str, data: bytes) -> None:
        if kind in pictures(drop.types):
            self._tell(Received(data, "dropped"))
            self._end(_COPY)
            return
        listed = addresses(as_text(data, kind)) if kind in paths(drop.types) else []
        files = [place for place, each in enumerate(listed, 1) if each.startswith("file:")]
        images = pictures(drop.types)
        if kind in paths(drop.types) and not files and images:  # a browser's picture: its bytes rather than its address
            self._request(drop, images[0])
        elif files and drop.answer.mark == 1:
            self._tell(Arriving(drop.transfer))
            drop.queue([Request(drop.types.index(kind) + 1, place) for place in files])
            self._go_on(drop)
        else:
            self._tell(Paste(as_text(data, kind)))
            self._end(_COPY)

    def _go_on(self, drop: Drop) -> None:
        text, answered = drop.next()
        self._write(text)
        if not answered:
            self._tell(AllReceived(drop.left_out))
            self._end(_COPY if drop.taken else _NOTHING)

    def _refused(self, drop: Drop, each: Packet) -> None:
        """An error ends the drop. Raises TransferError."""
        if "x" not in each.keys or (drop.asked is not None and drop.asked.is_answered_by(each)):
            name = each.text.partition(":")[0]
            why = _REFUSED.get(name)
            raise TransferError(_(why) if why else _("the terminal says {error}").format(error=name[:40]))

    def _fail(self, error: MinicpmTuiError) -> None:
        self._end()
        self._tell(NotReceived(error))

    def _end(self, operation: int = _NOTHING) -> None:
        """Tell the terminal what became of it; what still comes belongs to nothing."""
        self._drop = None
        self._write(drop_packet(t="r", o=operation))

    def look(self, now: float) -> None:
        """Give up what was stopped, or what the terminal sends no more of."""
        if self._drop is not None and (error := given_up(self._drop.transfer, now - self._drop.heard)):
            self._fail(error)

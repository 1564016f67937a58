"""Bytes on their way from the user's own machine."""

from __future__ import annotations

import threading
import time

from minicpm_tui.errors import MediaTooLarge, TransferError
from minicpm_tui.i18n import _
from minicpm_tui.text import format_bytes

STALL_SECONDS = 10.0
"""What sends nothing for so long is given up."""
_SHORTEST = 0.5
"""Seconds after which a rate means something."""


class Transfer:
    """One file that is arriving, or several in turn. Any thread may read the figures and stop it; one counts what comes.

    Args:
        limit: bytes of one file that are taken.
        total: bytes that will come, where that is known.
    """

    def __init__(self, limit: int, total: int | None = None) -> None:
        self.limit = limit
        self.total = total
        self.received = 0
        self._before = 0
        self._began = self._heard = time.monotonic()
        self._stopped = threading.Event()

    def count(self, more: int) -> None:
        """``more`` bytes came, or (0) nothing yet.

        Raises TransferError when it was stopped or has stalled, MediaTooLarge past the limit.
        """
        if more:
            self._heard = time.monotonic()
        self.received += more
        if self.stopped:
            raise TransferError(_("stopped"))
        if self.stalled:
            raise TransferError(_("nothing came for {seconds} s").format(seconds=round(STALL_SECONDS)))
        if self.received - self._before > self.limit:
            raise MediaTooLarge(
                _("more than {limit}").format(limit=format_bytes(self.limit)),
                hint=_("set receive_megabytes in the settings to take more"),
            )

    def next_file(self) -> None:
        """What comes from now on is another file."""
        self._before = self.received

    def stop(self) -> None:
        """The user wants no more of it."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """The user has stopped it."""
        return self._stopped.is_set()

    @property
    def stalled(self) -> bool:
        """Nothing has come for ``STALL_SECONDS``."""
        return time.monotonic() - self._heard > STALL_SECONDS

    @property
    def rate(self) -> float | None:
        """Bytes a second so far; None while it has hardly begun."""
        passed = time.monotonic() - self._began
        return self.received / passed if passed > _SHORTEST else None

    @property
    def seconds_left(self) -> float | None:
        """At this rate; None while that is not known."""
        rate = self.rate
        return (self.total - self.received) / rate if self.total is not None and rate else None

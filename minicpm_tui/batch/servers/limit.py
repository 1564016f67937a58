"""What held a run up: preparing files here, the servers' own preparing, or their GPUs; found from what the run sees anyway."""

from __future__ import annotations

import os
from dataclasses import dataclass

from minicpm_tui.i18n import _

LEAST_SECONDS = 10.0
"""A shorter wait says nothing: compiling and the first pictures are in it."""
_MOST = 0.5  # so much of the waiting, or of the looks at the servers, makes something the limit


@dataclass
class Limit:
    """``hungry`` and ``full`` are seconds in which the servers could have taken a request that was not prepared yet, and in which
    one that was prepared found no room at them. ``looks`` counts the looks at their figures while there was no room: those with
    requests ``queued`` for the GPU, and those in which more were ``in_front``, where pictures are decoded, than on it. ``fixed``:
    the user set how many are asked at once.
    """

    fixed: bool = False
    hungry: float = 0.0
    full: float = 0.0
    looks: int = 0
    queued: int = 0
    in_front: int = 0

    def look(self, running: int, waiting: int, under_way: int) -> None:
        """Count a server's figures; ``under_way`` are our own requests there."""
        self.looks += 1
        self.queued += waiting > 0
        self.in_front += waiting == 0 and under_way - running - waiting > running

    def words(self) -> str:
        """What was the limit and what helps; empty where nothing clearly was."""
        waited = self.hungry + self.full
        if waited < LEAST_SECONDS:
            return ""
        if self.hungry > _MOST * waited:
            cores = len(os.sched_getaffinity(0))
            return _(
                "preparing the files on this machine was the limit ({cores} cores, {share} % of the time): the servers could "
                "have answered more; more cores or smaller files help"
            ).format(cores=cores, share=round(100 * self.hungry / waited))
        if self.queued > _MOST * self.looks:
            return _("the GPU was the limit: another server (--url once more) or shorter answers (--max-tokens) help")
        if self.in_front > _MOST * self.looks:
            return _("the server's preparing of pictures was the limit: minicpm-tui serve --preset batch gives it more processes")
        if self.fixed:
            return _("--concurrency was the limit: without it, as many are asked at once as keep the servers busy")
        return ""

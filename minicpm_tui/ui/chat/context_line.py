"""Says above the composer, before a message is sent, that it is too long for the model, and what would help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from textual.timer import Timer
from textual.widgets import Static

from minicpm_tui.chat.budget import DropTurns, FewerFrames, Proposal
from minicpm_tui.chat.context_fit import Plan, say
from minicpm_tui.i18n import _
from minicpm_tui.messages import VideoPart
from minicpm_tui.text import one_line

if TYPE_CHECKING:
    from minicpm_tui.chat.session import ChatSession
    from minicpm_tui.media import AttachmentSpec, Prepared
    from minicpm_tui.ui.attachments.attachment import Attachment

PAUSE = 0.3
"""Seconds without a change before the message is counted."""


class ContextLine(Static):
    """Hidden while the message fits. ``proposal`` is what would help against what it says."""

    DEFAULT_CSS = "ContextLine { height: auto; max-height: 3; padding: 0 1; color: $text-warning; display: none; }"

    def __init__(self) -> None:
        super().__init__(markup=False, id="fit")
        self._timer: Timer | None = None
        self.said = ""
        self.proposal: Proposal | None = None

    def check(self, session: ChatSession | None, text: str, ready: Sequence[Prepared]) -> None:
        """Count ``text`` with the files that are ``ready`` soon, as the next message of ``session``; None: nothing to count."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(
            PAUSE, lambda: self.run_worker(self._count(session, text, ready), group="fit", exclusive=True)
        )

    async def _count(self, session: ChatSession | None, text: str, ready: Sequence[Prepared]) -> None:
        if session is None or not (text.strip() or ready):
            self._show("", None)
            return
        plan = await session.plan(text, ready)
        helps = [each for each in plan.proposals if not isinstance(each, DropTurns)]
        proposal = helps[0] if helps else None
        words = _words(plan)
        if words and proposal is not None:
            words = _("{problem} · ^T: {help}").format(problem=words, help=say(proposal, [each.part for each in ready]))
        elif plan.problem is not None and plan.problem.info.hint:
            words = f"{words} · {plan.problem.info.hint}"
        self._show(words, proposal if words else None)

    def changes(self, attachments: Sequence[Attachment]) -> list[tuple[Attachment, AttachmentSpec]]:
        """Which of the ``attachments`` are to be sent otherwise, and how, to do what is proposed."""
        proposal = self.proposal
        if proposal is None or isinstance(proposal, DropTurns):
            return []
        found = []
        for place, attachment in enumerate([each for each in attachments if each.prepared]):
            spec, part = attachment.spec, attachment.prepared.part if attachment.prepared else None
            if isinstance(proposal, FewerFrames):
                meant = isinstance(part, VideoPart) and len(part.frames) > proposal.frames and proposal.index in {None, place}
                wish = msgspec.structs.replace(spec, count=proposal.frames)
            else:
                meant = not isinstance(part, VideoPart) and spec.path is not None
                wish = msgspec.structs.replace(spec, slices=proposal.max_slices, original=False)
            if meant and wish != spec:
                found.append((attachment, wish))
        return found

    def _show(self, words: str, proposal: Proposal | None) -> None:
        self.said, self.proposal = words, proposal
        self.display = bool(words)
        self.update(one_line(words, 400))


def _words(plan: Plan) -> str:
    if plan.problem is not None:
        return f"{plan.problem.info.title}: {plan.problem.info.message}"
    if plan.budget.fits:
        return " ".join(plan.notices)
    return _("Hardly any room for the reply: about {count} tokens including it, the model takes {limit}").format(
        count=plan.budget.total, limit=plan.budget.limit
    )

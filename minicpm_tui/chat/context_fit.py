"""Makes a message fit the model before it is sent: counts, leaves old turns out, or says what would help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from minicpm_tui.backends.body import kind_of
from minicpm_tui.backends.tokenize import count_tokens
from minicpm_tui.chat.budget import (
    UNKNOWN_FRAMES,
    Budget,
    DropTurns,
    FewerFrames,
    Proposal,
    dropped_before,
    guess_tokens,
    history_tokens,
    part_tokens,
    proposals,
    reply_room,
    turns_of,
)
from minicpm_tui.chat.connect import Connection
from minicpm_tui.errors import ContextExceeded, TooManyMedia
from minicpm_tui.i18n import _, ngettext
from minicpm_tui.messages import ImagePart, MediaPart, Message, RequestOptions, media_of, text_of

_NEAR = 0.6
"""Below this part of the context a text is not worth asking the server about, even if the guess is off by half."""


@dataclass(frozen=True)
class Plan:
    """How a message is sent: ``path`` is what is left of the history above it, ``notices`` tell the user what is not.

    With a ``problem`` it cannot be sent at all. Each of the ``proposals`` alone would help against the problem, or the notices.
    """

    budget: Budget
    path: tuple[Message, ...]
    dropped: int
    notices: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    problem: ContextExceeded | TooManyMedia | None = None


async def plan(connection: Connection, options: RequestOptions, above: Sequence[Message], question: Message) -> Plan:
    """What sending ``question`` under ``above`` takes. Never raises for what does not fit: it has a ``problem`` then."""
    budget = await measure(connection, options, above, question)
    turns = turns_of(above)
    needed = budget.turns_to_drop
    dropped = max(len(turns) if needed is None else needed, _turns_over_limit(turns, question, connection))
    fitted = replace(budget, dropped=min(dropped, len(turns)))
    path = tuple(message for turn in turns[fitted.dropped :] for message in turn)
    counted = fitted if needed is None else budget
    helps = tuple(proposals(counted, media_of(question.content), connection.family))
    made = Plan(fitted, path, fitted.dropped, dropping(fitted.dropped, dropped_before(above)), helps)
    return replace(made, problem=_problem(made, connection, question))


def _problem(fitted: Plan, connection: Connection, question: Message) -> ContextExceeded | TooManyMedia | None:
    """Why the message fits in no way, and what would help."""
    counts = Counter(kind_of(part) for part in media_of(question.content))
    for kind, limit in connection.limits.items():
        if counts[kind] > limit:
            words = _("the server takes {limit}, this message has {count}").format(limit=limit, count=counts[kind])
            title = _("Too many videos") if kind == "video" else _("Too many pictures")
            hint = _("remove some, or start the server with a larger --limit-mm-per-prompt")
            return TooManyMedia(words, title=title, hint=hint)
    if any(_stops(part, connection) for part in media_of(question.content)):
        words = _("this server's vLLM may stop answering at a video of more than {count} frames")
        hint = _("attach it again, or use a newer vLLM")
        return TooManyMedia(words.format(count=connection.safe_frames), title=_("Too many frames"), hint=hint)
    if not fitted.budget.possible:
        words = _("it needs about {count} tokens including the reply, the model takes {limit}").format(
            count=fitted.budget.total, limit=fitted.budget.limit
        )
        parts = media_of(question.content)
        helps = [say(proposal, parts) for proposal in fitted.proposals if not isinstance(proposal, DropTurns)]
        if fitted.budget.asked * 2 > (fitted.budget.limit or 0):
            helps = [_("lower --max-tokens")]
        return ContextExceeded(
            words, title=_("The message does not fit the model's context"), hint="; ".join(helps) or _("send less at once")
        )
    return None


def say(proposal: Proposal, parts: Sequence[MediaPart]) -> str:
    """A proposal in words."""
    if isinstance(proposal, FewerFrames) and proposal.index is None:
        return _("send at most {count} frames of each video").format(count=proposal.frames)
    if isinstance(proposal, FewerFrames):
        return _("send {count} frames of {name}").format(count=proposal.frames, name=parts[proposal.index or 0].name)
    if isinstance(proposal, DropTurns):
        return ngettext("leave out the oldest turn", "leave out the {count} oldest turns", proposal.count).format(
            count=proposal.count
        )
    return ngettext(
        "send the pictures for {count} slice", "send the pictures for at most {count} slices each", proposal.max_slices
    ).format(count=proposal.max_slices)


async def measure(connection: Connection, options: RequestOptions, above: Sequence[Message], question: Message) -> Budget:
    """The tokens of ``question`` under ``above``; asks the server about its text when it may matter.

    No formula is known for the pictures of a model outside the catalogue: its server decides.
    """
    family = connection.family
    text = text_of(question.content)
    limit = None if family.generic and media_of(question.content) else connection.max_model_len
    budget = Budget(
        history=history_tokens(above, family),
        text=guess_tokens(text + options.system),
        media=tuple(part_tokens(part, family, index=index) for index, part in enumerate(media_of(question.content))),
        reply=reply_room(options.max_tokens, limit),
        limit=limit,
        dropped=dropped_before(above),
        asked=options.max_tokens or 1,
    )
    if limit is not None and budget.total > limit * _NEAR and text.strip():
        counted = await count_tokens(connection.facts, connection.key, connection.model, text)
        if counted is not None:
            return replace(budget, text=counted + guess_tokens(options.system))
    return budget


def _turns_over_limit(turns: Sequence[Sequence[Message]], question: Message, connection: Connection) -> int:
    """How many of the oldest turns have too many pictures or videos in front of them to stay, or one that is too long."""
    limits = connection.limits
    counts = Counter(kind_of(part) for part in media_of(question.content))
    for index in range(len(turns) - 1, -1, -1):
        media = [part for message in turns[index] for part in media_of(message.content)]
        counts.update(map(kind_of, media))
        if any(_stops(part, connection) for part in media) or any(counts[kind] > limit for kind, limit in limits.items()):
            return index + 1
    return 0


def _stops(part: MediaPart, connection: Connection) -> bool:
    """Whether a video has so many frames that the server would not answer any more."""
    if isinstance(part, ImagePart) or connection.safe_frames is None:
        return False
    return (len(part.frames) or UNKNOWN_FRAMES) > connection.safe_frames


def dropping(dropped: int, before: int) -> tuple[str, ...]:
    """What to say of ``dropped`` turns that are left out, ``before`` of which were so already."""
    if dropped <= before:
        return ()
    text = ngettext(
        "The oldest turn no longer fits and is not sent.",
        "The {count} oldest turns no longer fit and are not sent.",
        dropped,
    )
    return (text.format(count=dropped),)

"""What the status line says of the conversation and its server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.messages import RequestProfile
from minicpm_tui.ui.chat.changed_settings import changed_settings
from minicpm_tui.ui.chat.status_line import State, Status

if TYPE_CHECKING:
    from minicpm_tui.ui.chat.model import Current
    from minicpm_tui.ui.chat.pane import TalkPane


def status_of(current: Current, talk: TalkPane) -> Status:
    """The state of the link, the context used (with the files on the next message), the speed of the last reply, the
    conversation's title and what is set for it."""
    connection = current.link.connection
    profile = connection.profile if connection else RequestProfile()
    settings = changed_settings(current.options, profile) if current.options else ()
    title = current.journal.title if talk.asked and current.journal else ""
    if not talk.furnished:
        return Status(state=_state(current, talk), settings=settings, title=title)
    following = talk.following
    meter, end = following.meter, following.end
    used = following.used + talk.tray.tokens
    live = talk.running or end is None
    return Status(
        state=_state(current, talk),
        model=connection.model if connection else "",
        where=connection.url.partition("://")[2] if connection else "",
        used=used or None,
        context=connection.max_model_len if connection else None,
        rate=meter.rate if live else meter.of(end) if end else None,
        first_token=meter.first_token if live else end.first_token_seconds if end else None,
        settings=settings,
        title=title,
    )


def _state(current: Current, talk: TalkPane) -> State:
    if talk.running:
        return "waiting" if talk.following.meter.first_token is None else "streaming"
    if current.link.trying:
        return "connecting"
    return "ready" if current.link.stands else "failed"

"""What the status line says of the conversation and its server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from minicpm_tui.ui.chat.changed_settings import changed_settings
from minicpm_tui.ui.chat.connection import ChatState, Connected, Connecting, Disconnected, Lost
from minicpm_tui.ui.chat.status_line import State, Status
from minicpm_tui.ui.terminal.paintings import terminal_of

if TYPE_CHECKING:
    from minicpm_tui.ui.chat.model import ChatModel
    from minicpm_tui.ui.chat.pane import TalkPane


def status_of(model: ChatModel, talk: TalkPane) -> Status:
    """How it stands with the server, the context used (with the files on the next message), the speed of the last reply,
    the conversation's title and what is set for it."""
    connection = model.connection
    settings = changed_settings(model.options, connection.profile if connection else None) if model.options else ()
    title = model.journal.title if model.asked and model.journal else ""
    server = Status(
        state=_state(model, talk),
        model=connection.model if connection else "",
        where=connection.url.partition("://")[2] if connection else "",
        context=connection.max_model_len if connection else None,
        settings=settings,
        title=title,
    )
    if not talk.furnished:
        return server
    reply = talk.reply_view
    speed, end = reply.rate, reply.end
    used = reply.used + talk.tray.tokens
    live = talk.running or end is None
    return msgspec.structs.replace(
        server,
        used=used or None,
        rate=speed.per_second if live else speed.of(end) if end else None,
        first_token=speed.first_token if live else end.first_token_seconds if end else None,
        slow_line=terminal_of(talk.app).slow,
        batch=model.batch,
    )


def _state(model: ChatModel, talk: TalkPane) -> State:
    if talk.running:
        return "waiting" if talk.reply_view.rate.first_token is None else "streaming"
    return state_word(model.state)


def state_word(state: ChatState) -> Literal["connecting", "ready", "failed"]:
    """How it stands with the server, in the words of the status line and the welcome."""
    match state:
        case Connecting():
            return "connecting"
        case Connected():
            return "ready"
        case Disconnected() | Lost():
            return "failed"

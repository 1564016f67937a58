"""The names of the files that the model has seen or will see with what is being written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui.messages import media_of

if TYPE_CHECKING:
    from minicpm_tui.ui.chat.pane import TalkPane


def attached_names(talk: TalkPane) -> frozenset[str]:
    """Those on the message, on those that wait, and anywhere in the conversation: an edit keeps the files of its question."""
    files = [*talk.tray.attachments, *(file for waiting in talk.queue.waiting for file in waiting.attachments)]
    names = {file.spec.path.name for file in files if file.spec.path}
    if (journal := talk.model.journal) is not None:
        for message in journal.tree.messages.values():
            for part in media_of(message.content):
                names.add(part.name)
                if part.source.path:
                    names.add(part.source.path.rpartition("/")[2])
    return frozenset(names)

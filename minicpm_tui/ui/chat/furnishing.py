"""What the talk pane has besides what the first paint shows: its modules are imported after it."""

from __future__ import annotations

import asyncio
from functools import partial

from minicpm_tui.ui.attachments.tray import Tray
from minicpm_tui.ui.chat.attached_names import attached_names
from minicpm_tui.ui.chat.context_line import ContextLine
from minicpm_tui.ui.chat.draft_saver import DraftSaver
from minicpm_tui.ui.chat.find import FindBar
from minicpm_tui.ui.chat.message_queue import Queue
from minicpm_tui.ui.chat.next_message import NextMessage
from minicpm_tui.ui.chat.outbox import Outbox
from minicpm_tui.ui.chat.pane import TalkPane
from minicpm_tui.ui.chat.reply import ReplyView
from minicpm_tui.ui.composer.dropdown import CompletionList
from minicpm_tui.ui.conversation import ConversationPane
from minicpm_tui.ui.receiving.line import ReceivingLine


async def furnish(talk: TalkPane) -> None:
    """Put the conversation, the files and the queue into ``talk``."""
    model, composer = talk.model, talk.composer
    talk.pane = ConversationPane(id="conversation")
    talk.find_bar, talk.queue, talk.tray = FindBar(talk.pane), Queue(), Tray(model.preparer)
    talk.pane.display = talk.tray.display = False
    talk.next = NextMessage(composer, talk.tray)
    talk.reply_view = ReplyView(talk.pane, talk.report, talk.count_up)
    talk.outbox = Outbox(talk, model, talk.queue, talk.reply_view, talk.tray.limits_changed)
    talk.draft_saver = DraftSaver(talk, talk.unsent, talk.say)
    talk.context_line = ContextLine()
    talk.receiving = ReceivingLine(model.received_folder, talk.next.receive, model.receive_limit)
    completions = CompletionList(composer.choose)
    await asyncio.sleep(0)  # keys that have come do not wait for all of this
    with talk.app.batch_update():
        await talk.mount(talk.find_bar, before=0)
        for part in (talk.pane, talk.queue, talk.tray, talk.receiving, talk.context_line, completions):
            await asyncio.sleep(0)
            await talk.mount(part, before=composer)
    composer.completions = completions
    composer.attached = partial(attached_names, talk)
    composer.recall()
    talk.whole.set()

"""Windows that the chat screen opens, and what it does with the answers."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.messages import RequestProfile
from minicpm_tui.text import one_line
from minicpm_tui.ui.chat import server_choices
from minicpm_tui.ui.composer import prompts
from minicpm_tui.ui.kit.dialogs import Choice, Choose
from minicpm_tui.ui.kit.save_as import save_as

if TYPE_CHECKING:
    from minicpm_tui.ui.chat.screen import ChatScreen

_SAVE = "+save"
_REMOVE = "+remove"


async def choose_server(screen: ChatScreen) -> None:
    """Another model or server; a typed address is taken too."""
    connection = screen.current.link.connection
    listed = await asyncio.to_thread(server_choices.choices, screen.launch.config.settings, connection)
    current = server_choices.key_of(connection.url, connection.model) if connection else ""
    window = Choose(_("Model and server"), listed, current=current, free=_("narrow the list, or type an address: host:port"))
    key = await screen.app.push_screen_wait(window)
    if key == server_choices.DEMO:
        await screen.connect(demo=True)
    elif key:
        await screen.connect(server_choices.wish_of(key))


async def sampling(screen: ChatScreen) -> None:
    """System prompt and sampling of this conversation."""
    from minicpm_tui.ui.chat.sampling_form import SamplingForm

    if screen.current.options is None:
        return
    connection = screen.current.link.connection
    profile = connection.profile if connection else RequestProfile()
    options = await screen.app.push_screen_wait(SamplingForm(screen.current.options, profile))
    if options is not None:
        try:
            await screen.current.change(options)
        except MinicpmTuiError as error:
            screen.talk.say(error.info.line())
        screen.show_status()


async def saved_prompts(screen: ChatScreen) -> None:
    """Insert a prompt by name, save what is written as one, or remove one."""
    composer = screen.talk.composer
    try:
        known = await asyncio.to_thread(prompts.load)
        listed = [Choice(name, name, one_line(text, 60)) for name, text in known.items()]
        if composer.text.strip():
            listed.append(Choice(_SAVE, _("Save what is written…"), one_line(composer.text, 40)))
        if known:
            listed.append(Choice(_REMOVE, _("Remove one…")))
        if not listed:
            screen.talk.say(_("No prompt is saved yet: write one, then F6 saves it by name"))
            return
        key = await screen.app.push_screen_wait(Choose(_("Saved prompts"), listed))
        if key == _SAVE:
            text = composer.text
            await save_as(screen.app, _("Name of the prompt"), partial(prompts.save, text=text))
        elif key == _REMOVE:
            names = [Choice(name, name) for name in known]
            if name := await screen.app.push_screen_wait(Choose(_("Remove which prompt?"), names)):
                await asyncio.to_thread(prompts.remove, name)
        elif key:
            composer.insert(known[key])
    except MinicpmTuiError as error:
        screen.talk.say(error.info.line())

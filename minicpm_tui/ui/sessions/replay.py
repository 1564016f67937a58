"""Plays a saved conversation in the pane that shows live ones."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Static

from minicpm_tui.chat.replay import Began, Ended, Jumped, Replay, ReplayEvent
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import N_, _
from minicpm_tui.messages import Delta, Message
from minicpm_tui.sessions.attachments import AttachmentStore
from minicpm_tui.sessions.ids import ATTACHMENTS
from minicpm_tui.sessions.timeline import Timeline, load
from minicpm_tui.text import one_line
from minicpm_tui.ui.attachments.adjust import seconds_of
from minicpm_tui.ui.conversation import ConversationPane
from minicpm_tui.ui.conversation.messages import CopyRequested
from minicpm_tui.ui.kit.commands import SESSIONS, Command, Commanded, bindings
from minicpm_tui.ui.kit.dialogs import Line
from minicpm_tui.ui.kit.error_line import error_line
from minicpm_tui.ui.kit.hint_bar import HintBar
from minicpm_tui.ui.kit.messages import CopyText
from minicpm_tui.ui.kit.open_conversation import conversation_of
from minicpm_tui.ui.sessions.timebar import TimeBar
from minicpm_tui.ui.terminal.output.lean import LeanScreen
from minicpm_tui.ui.viewer.thumbnails import Thumbnails

_STEP = 5.0


def _command(action: str, title: str, help_text: str, *keys: str, **more: Any) -> Command:
    return Command(action, title, help_text, keys=keys, group=SESSIONS, priority=True, **more)


COMMANDS = (
    _command("pause", N_("Pause"), N_("Pause or continue"), "space", hint=N_("Pause")),
    Command("close", N_("Close"), N_("Leave the replay"), ("escape", "q"), N_("Back"), SESSIONS),
    _command("turn(1)", N_("Next turn"), N_("Go to the next turn"), "n", hint=N_("Next turn")),
    _command(
        "turn(-1)",
        N_("Previous turn"),
        N_("Go to the beginning of this turn, or to the previous turn"),
        "p",
        hint=N_("Previous turn"),
    ),
    _command("speed(1)", N_("Faster"), N_("Twice the speed, up to 16×"), "plus", "equals_sign", hint=N_("Faster")),
    _command("speed(-1)", N_("Slower"), N_("Half the speed, down to a quarter"), "minus", hint=N_("Slower")),
    _command("skip(1)", N_("Forward"), N_("5 seconds forward"), "right", palette=False),
    _command("skip(-1)", N_("Back"), N_("5 seconds back"), "left", palette=False),
    _command("jump", N_("Go to a time"), N_("Jump to minutes and seconds"), "g", hint=N_("Go to")),
    _command("restart", N_("From the beginning"), N_("Play it again"), "0", palette=True),
)


class ReplayScreen(Commanded, LeanScreen[None]):
    """Replays the session in ``folder``, or the one that is open in the app. Nothing is written, no server is asked."""

    DECLARED = COMMANDS
    BINDINGS = bindings(COMMANDS)
    DEFAULT_CSS = """
    ReplayScreen ConversationPane { height: 1fr; }
    ReplayScreen #title { height: 1; padding: 0 1; background: $panel; text-style: bold; text-wrap: nowrap; }
    ReplayScreen #title { text-overflow: ellipsis; }
    """

    def __init__(self, folder: Path | None = None, speed: float = 1.0) -> None:
        super().__init__()
        self._folder = folder
        self._speed = speed
        self.replay: Replay | None = None
        self.playing = False
        self.pane = ConversationPane()
        self._pictures = Thumbnails(self.pane)
        self._growing: Message | None = None

    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield self.pane
        yield TimeBar()
        yield HintBar()

    def on_mount(self) -> None:
        self.query_one(TimeBar).focus()
        self.set_interval(0.1, self._tick)
        self._load()

    @work(group="load")
    async def _load(self) -> None:
        try:
            folder = self._folder or self._current_folder()
            if folder is None:
                self.query_one("#title", Static).update(_("This conversation is not saved"))
                return
            timeline = await asyncio.to_thread(load, folder)
        except MinicpmTuiError as error:
            self.query_one("#title", Static).update(one_line(error_line(error.info)))
            return
        self._folder = folder
        self.replay = Replay(timeline, self._speed)
        self.query_one(TimeBar).replay = self.replay
        self.query_one("#title", Static).update(_title(timeline, folder))
        self._play()

    def _current_folder(self) -> Path | None:
        conversation = conversation_of(self.app)
        journal = conversation.journal if conversation else None
        return journal.path if journal is not None and journal.saved else None

    @work(group="play", exclusive=True)
    async def _play(self) -> None:
        """Play from where the clock stands to the end."""
        assert self.replay is not None
        self.playing = True
        async with aclosing(self.replay.play()) as events:
            async for event in events:
                self._show(event)
        self.playing = False
        self.query_one(TimeBar).refresh()

    def _show(self, event: ReplayEvent) -> None:
        match event:
            case Jumped():
                self._jump(event)
            case Began(message) if message.role == "assistant":
                self.pane.begin(message)
            case Began(message):
                self.pane.add(message)
                self._thumbnails([message])
            case Delta():
                self.pane.feed(event)
            case Ended(message):
                self.pane.finish(message)

    def _jump(self, event: Jumped) -> None:
        growing = event.growing
        self.pane.show(event.path[:-1] if growing else event.path)
        if growing is not None:
            self.pane.begin(growing.with_reply("", "", None))
            if growing.reasoning:
                self.pane.feed(Delta("reasoning", growing.reasoning, 0.0))
            if growing.text:
                self.pane.feed(Delta("content", growing.text, 0.0))
        self._thumbnails(list(event.path))

    def _thumbnails(self, messages: list[Message]) -> None:
        if self._folder is not None:
            self._pictures.show(messages, AttachmentStore(self._folder / ATTACHMENTS))

    def _tick(self) -> None:
        if self.replay is not None and (self.playing or self.replay.clock.paused):
            self.query_one(TimeBar).refresh()

    def _moved(self) -> None:
        """The clock was moved: a replay that was over plays on."""
        if not self.playing:
            self._play()
        self.query_one(TimeBar).refresh()

    @on(TimeBar.Clicked)
    def _clicked(self, event: TimeBar.Clicked) -> None:
        self._seek(event.at)

    def _seek(self, at: float) -> None:
        if self.replay is not None:
            self.replay.seek(at)
            self._moved()

    @on(CopyRequested)
    def _copy(self, event: CopyRequested) -> None:
        self.app.post_message(CopyText(event.text))

    # -- commands -------------------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        if self.replay is None:
            return
        if self.replay.over:
            self._seek(0.0)
        elif self.replay.clock.paused:
            self.replay.clock.resume()
        else:
            self.replay.clock.pause()
        self.query_one(TimeBar).refresh()

    def action_turn(self, step: int) -> None:
        if self.replay is not None:
            (self.replay.next_turn if step > 0 else self.replay.previous_turn)()
            self._moved()

    def action_speed(self, step: int) -> None:
        if self.replay is not None:
            self.replay.faster(step)
            self.query_one(TimeBar).refresh()

    def action_skip(self, step: int) -> None:
        if self.replay is not None:
            self._seek(self.replay.position + step * _STEP)

    def action_restart(self) -> None:
        self._seek(0.0)

    @work(group="window", exclusive=True)
    async def action_jump(self) -> None:
        text = await self.app.push_screen_wait(Line(_("Go to"), placeholder="1:23", enter=_("Enter goes there · Esc cancels")))
        try:
            at = seconds_of(text or "")
        except ValueError as error:
            self.notify(one_line(str(error)), severity="warning", markup=False)
        else:
            if at is not None:
                self._seek(at)

    def action_close(self) -> None:
        if self.is_current and len(self.app.screen_stack) > 1:
            self.dismiss()
        else:
            self.app.exit(0)


def _title(timeline: Timeline, folder: Path) -> str:
    """What is played, and that it is a replay."""
    title = timeline.title or folder.name
    cut = "" if not timeline.path or not timeline.path[-1].unfinished else _(" (unfinished)")
    return _("Replay: {title}{cut}").format(title=one_line(title), cut=cut)

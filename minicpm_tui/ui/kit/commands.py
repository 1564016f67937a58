"""Commands: what a user can do, declared once.

A node (the app, a screen or a widget) lists its commands in ``DECLARED`` and mixes in ``Commanded``; its ``BINDINGS`` are
``bindings(DECLARED)``. The same list gives the palette's entries, the help screen and the hints in the bottom line::

    class Pane(Commanded, Widget):
        DECLARED = (Command("retry", N_("Retry"), N_("Get another reply"), keys=("ctrl+r",), when=lambda pane: pane.idle),)
        BINDINGS = bindings(DECLARED)

        def action_retry(self) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from textual.actions import parse
from textual.binding import Binding, BindingType

from minicpm_tui.i18n import N_, _

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen

GENERAL = N_("General")
CONVERSATION = N_("Conversation")
WRITING = N_("Writing")
FILES = N_("Files")
SERVER = N_("Server")
SESSIONS = N_("Sessions")
GROUPS = (WRITING, CONVERSATION, FILES, SERVER, SESSIONS, GENERAL)
"""The headings of the help screen, in its order."""


def _always(_node: Any) -> bool:
    return True


class Command(msgspec.Struct, frozen=True, dict=True):
    """One thing a user can do.

    ``action`` is a Textual action of the node that declares it (``retry``, ``turn(1)``). ``title``, ``help`` and ``hint`` are
    English texts marked with ``N_``. ``hint`` is the short word in the bottom line, empty for commands that are not shown there.
    ``keys`` are Textual's names, the first one is shown. ``when`` is given the declaring node and says whether the command is
    possible now; a command that is not possible has no key, hint or palette entry. ``priority`` keys come before the focused
    widget's own. ``palette`` is False for keys that only make sense as keys (moving a cursor).
    ``opens`` makes the screen that an ``open`` of the app shows.
    ``hinted`` of the keys are in the bottom line: more than one where a terminal may take the first for itself.
    ``refusal`` is what is said when a key of it is pressed while it is not possible; empty where nobody would wonder.
    """

    action: str
    title: str
    help: str
    keys: tuple[str, ...] = ()
    hint: str = ""
    group: str = GENERAL
    when: Callable[[Any], bool] = _always
    priority: bool = False
    palette: bool = True
    hinted: int = 1
    opens: Callable[[], Screen[Any]] | None = None
    refusal: str = ""

    @cached_property
    def call(self) -> tuple[str, tuple[object, ...]]:
        """The action's name and arguments."""
        _namespace, name, arguments = parse(self.action)
        return name, arguments


def open_screen(name: str, screen: Callable[[], Screen[Any]], title: str, help: str, **more: Any) -> Command:  # noqa: A002 - the field's name
    """A command of the app that shows a ``screen``, made (and imported) then; ``name`` stands for it in the action."""
    return Command(f"open({name!r})", title, help, opens=screen, **more)


def bindings(commands: Iterable[Command]) -> list[BindingType]:
    """The keys of ``commands``."""
    return [
        Binding(",".join(command.keys), command.action, command.title, show=False, priority=command.priority)
        for command in commands
        if command.keys
    ]


class Commanded:
    """Mixin of nodes that declare commands; name it before Textual's class."""

    DECLARED: ClassVar[tuple[Command, ...]] = ()

    def declared(self) -> tuple[Command, ...]:
        """The node's commands; the app adds those of other rooms."""
        return self.DECLARED

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Textual asks whether an action is possible: as its command says."""
        for command in self.declared():
            if command.call == (action, parameters):
                return command.when(self)
        return True


class Live(msgspec.Struct, frozen=True):
    """A command and the node that would carry it out."""

    command: Command
    node: DOMNode

    @property
    def possible(self) -> bool:
        """Whether it can be carried out now; an impossible one is not shown."""
        return self.command.when(self.node)

    @property
    def title(self) -> str:
        """What it does, in the user's language."""
        return _(self.command.title)

    @property
    def key(self) -> str:
        """The first key as it is written on a keyboard, or nothing."""
        return show_key(self.command.keys[0]) if self.command.keys else ""

    @property
    def hint(self) -> str:
        """Keys and the short word for the bottom line."""
        return f"{' '.join(map(show_key, self.command.keys[: self.command.hinted]))} {_(self.command.hint)}"

    async def run(self) -> None:
        """Carry it out as if its key were pressed."""
        await self.node.app.run_action(self.command.action, self.node)


def live(screen: Screen[Any]) -> Iterator[Live]:
    """The commands that reach the user on ``screen``, the focused widget's first, possible or not."""
    seen: set[str] = set()
    start: DOMNode = screen.focused or screen
    nodes: list[DOMNode] = [*start.ancestors_with_self]
    if not screen.is_modal and screen.app not in nodes:
        nodes.append(screen.app)
    for node in nodes:
        for command in node.declared() if isinstance(node, Commanded) else ():
            if command.action not in seen:
                seen.add(command.action)
                yield Live(command, node)


def refused(screen: Screen[Any], key: str) -> Command | None:
    """The command of ``key`` that is not possible on ``screen`` now, where a user would wonder why nothing happens.

    A key means one thing: where the command comes before the focused widget, what the widget would do instead does not count.
    """
    commands = [each for each in live(screen) if key in each.command.keys]
    found = next((each.command for each in commands if each.command.refusal), None)
    if found is None or any(each.possible for each in commands):
        return None
    bound = screen.active_bindings.get(key)
    return found if found.priority or bound is None or not bound.enabled else None


_KEY_NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "backspace": "Backspace",
    "delete": "Del",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "slash": "/",
    "underscore": "/",  # ^/ is what a terminal without kitty's keyboard sends as ^_
    "full_stop": ".",
    "plus": "+",
    "minus": "-",
    "at": "@",
}
_MODIFIERS = {"ctrl": "^", "shift": "⇧", "alt": "Alt+"}


def show_key(key: str) -> str:
    """``ctrl+r`` as ``^R``, ``f2`` as ``F2``, ``shift+enter`` as ``⇧Enter``."""
    *modifiers, name = key.split("+")
    shown = _KEY_NAMES.get(name, name.upper() if (len(name) == 1 and modifiers) or name[1:].isdigit() else name)
    return "".join(_MODIFIERS.get(modifier, f"{modifier}+") for modifier in modifiers) + shown

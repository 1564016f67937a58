"""The command lines that open the program and leave nothing to be asked, read without click: the first paint waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minicpm_tui import config

if TYPE_CHECKING:
    from minicpm_tui.ui.kit.start_options import Launch

_VALUES = {"--url": "url", "--model": "model", "--session": "session"}
_SWITCHES = {"--demo", "--continue"}


def plain_launch(arguments: list[str]) -> Launch | None:
    """What ``arguments`` say where they are a few whole options of ``root`` that go together, each at most once; else None.

    Raises ConfigError.
    """
    values, switches = dict[str, str](), set[str]()
    words = iter(arguments)
    for word in words:
        name, joined, value = word.partition("=")
        if word in _SWITCHES - switches:
            switches.add(word)
        elif name in _VALUES.keys() - values.keys():
            values[name] = value if joined else next(words, "-")
            if values[name].startswith("-") or not values[name].strip():
                return None
        else:
            return None
    session, demo, resume = values.pop("--session", ""), "--demo" in switches, "--continue" in switches
    if (session and resume) or (demo and "--url" in values):
        return None
    from minicpm_tui.ui.kit.start_options import Launch

    settings = config.load({_VALUES[name]: value for name, value in values.items()})
    return Launch(settings, demo=demo, session=session, resume=resume)

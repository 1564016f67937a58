"""What the command line hands to the app."""

from __future__ import annotations

import msgspec

from minicpm_tui.config import Config, Settings, config_path


class Launch(msgspec.Struct, frozen=True):
    """How the program was started. ``session`` is an id or a prefix of one; ``resume`` means the newest session."""

    config: Config = msgspec.field(default_factory=lambda: Config(Settings(), {}, config_path()))
    demo: bool = False
    session: str = ""
    resume: bool = False

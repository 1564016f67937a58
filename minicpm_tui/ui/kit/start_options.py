"""What the command line hands to the app."""

from __future__ import annotations

from dataclasses import dataclass, field

from minicpm_tui.config import Config, Settings, config_path


@dataclass(frozen=True)
class Launch:
    """How the program was started. ``session`` is an id or a prefix of one; ``resume`` means the newest session."""

    config: Config = field(default_factory=lambda: Config(Settings(), {}, config_path()))
    demo: bool = False
    session: str = ""
    resume: bool = False

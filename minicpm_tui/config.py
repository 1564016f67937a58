"""Settings, and where each came from: command line > environment > ``config.toml`` > defaults.

``config.toml`` lies in ``paths.config_dir()``; its keys are the fields of ``Settings``, endpoints are ``[[servers]]`` tables.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from minicpm_tui import paths
from minicpm_tui.decoding import DecodingError, decode_toml, read_bounded
from minicpm_tui.errors import ConfigError, MinicpmTuiError, UsageError
from minicpm_tui.i18n import _
from minicpm_tui.redaction import know
from minicpm_tui.sampling import SAMPLING, MaxTokens, MinP, RepetitionPenalty, Seed, Temperature, TopK, TopP, mistake

Origin = Literal["flag", "environment", "file", "default"]

ENVIRONMENT = {
    "url": "MINICPM_TUI_URL",
    "model": "MINICPM_TUI_MODEL",
    "language": "MINICPM_TUI_LANGUAGE",
    "output": "MINICPM_TUI_OUTPUT",
}


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A server the user named. The key is in the environment variable ``api_key_env``, or here as ``api_key``.

    ``cacert`` and ``client_cert`` are as in ``Settings``, for this server alone. ``headers`` are sent with every request; in
    their values ``$NAME`` is an environment variable.
    """

    url: str
    name: str = ""
    model: str = ""
    api_key_env: str = ""
    api_key: str = ""
    cacert: str = ""
    client_cert: str = ""
    headers: dict[str, str] = {}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Everything a user can set. Empty text and None mean: not set, decided where it is used.

    ``stall_seconds``: a server that sends nothing for so long is given up. ``bell_seconds``: the bell rings when a reply took
    longer (0: never). ``thumbnails``: ``auto`` asks the terminal what it can draw. ``blocks``: how a cell
    is divided where it can draw no pictures. ``slow_line``: ``auto`` is how long the terminal takes to answer; on a slow line
    pictures are drawn in the viewer alone and the caret does not blink. ``output``: ``least`` sends the terminal what differs
    from what it shows, ``textual`` all that Textual draws anew.
    ``receive_megabytes``: the largest file that is taken from the user's own machine, 10**6 bytes each.
    ``cacert``: a file with certificates (PEM) that are trusted beside the system's; ``client_cert``: one with the certificate,
    and its key, that is shown to servers that want one.
    ``warm_up``: a server that was started here is asked a small question as soon as it is ready.
    """

    url: str = ""
    model: str = ""
    api_key_env: str = ""
    cacert: str = ""
    client_cert: str = ""
    servers: tuple[Endpoint, ...] = ()
    language: str = ""
    theme: str = "minicpm-dark"
    system: str = ""
    temperature: Temperature | None = None
    top_p: TopP | None = None
    top_k: TopK | None = None
    min_p: MinP | None = None
    repetition_penalty: RepetitionPenalty | None = None
    max_tokens: MaxTokens | None = None
    seed: Seed | None = None
    thinking: bool | None = None
    stall_seconds: Annotated[float, Meta(gt=0)] = 120.0
    bell_seconds: Annotated[float, Meta(ge=0)] = 15.0
    thumbnails: Literal["auto", "kitty", "sixel", "iterm2", "blocks", "off"] = "auto"
    blocks: Literal["auto", "half", "quadrants", "sextants", "octants"] = "auto"
    slow_line: Literal["auto", "yes", "no"] = "auto"
    output: Literal["least", "textual"] = "least"
    model_folders: tuple[str, ...] = ()
    vllm_command: str = ""
    warm_up: bool = True
    receive_megabytes: Annotated[int, Meta(ge=1)] = 64


class Config(msgspec.Struct, frozen=True):
    """The settings in force; ``origins`` tells for each field that is not a default where its value came from."""

    settings: Settings
    origins: Mapping[str, Origin]
    path: Path

    def origin(self, field: str) -> Origin:
        """Where the value of ``field`` came from: ``default``, ``file``, ``environment`` or ``flag``."""
        return self.origins.get(field, "default")


def config_path() -> Path:
    """Where ``config.toml`` is, or would be."""
    return paths.config_dir() / "config.toml"


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Read the file and lay environment and flags (fields that are not None) over it.

    Raises ConfigError, or UsageError when the mistake is on the command line.
    """
    environ = os.environ if environ is None else environ
    path = config_path()
    values = _read(path)
    origins: dict[str, Origin] = dict.fromkeys(values, "file")
    for field, variable in ENVIRONMENT.items():
        if value := environ.get(variable):
            values[field] = value
            origins[field] = "environment"
    for field, value in (flags or {}).items():
        if value is not None:
            values[field] = value
            origins[field] = "flag"
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise _mistake(str(error), values, origins, path) from error
    for endpoint in settings.servers:
        know(endpoint.api_key)
    return Config(settings, origins, path)


def _mistake(text: str, values: Mapping[str, Any], origins: Mapping[str, Origin], path: Path) -> MinicpmTuiError:
    """What msgspec complains of (``Expected `float` <= 2.0 - at `$.temperature` ``), blamed on where the value came from."""
    found = re.search(r"`\$\.(\w+)|unknown field `(\w+)`", text)
    field = (found.group(1) or found.group(2)) if found else ""
    what = text.partition(" - at")[0]
    match origins.get(field, "file"):
        case "flag":
            return UsageError(f"--{field.replace('_', '-')}: {what}", hint=_("see --help"))
        case "environment":
            return ConfigError(f"{ENVIRONMENT[field]}: {what}", hint=_("correct or unset it"))
        case _:
            if field in SAMPLING:
                text = f"{field} {mistake(field, values[field])}"
            return ConfigError(f"{path}: {text}", hint=_("correct or remove that line"))


def _read(path: Path) -> dict[str, Any]:
    try:
        return decode_toml(read_bounded(path))
    except FileNotFoundError:
        return {}
    except DecodingError as error:
        raise ConfigError(f"{path}: {error}", hint=_("correct that line")) from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint=_("check its permissions")) from error

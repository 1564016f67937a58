"""The flags that ``ask``, ``batch``, ``rerun`` and the program itself share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click
import msgspec

from minicpm_tui import config
from minicpm_tui.cli.option import Certificates, option
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.sampling import SAMPLING, parse

F = TypeVar("F", bound=Callable[..., Any])


class SamplingValue(click.ParamType[float | int]):
    """A value of the sampling setting ``name`` in its range."""

    name = "sampling"

    def __init__(self, name: str) -> None:
        self._setting = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | int:
        """Raises BadParameter."""
        try:
            return parse(self._setting, str(value))
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from error


def _sampling(name: str, metavar: str, text: str) -> Callable[[F], F]:
    return option(f"--{name.replace('_', '-')}", type=SamplingValue(name), metavar=metavar, help=text)


_URL = option("--url", metavar="URL", help=_("Server: host:port, or a URL with or without /v1."))
_URLS = option("--url", "urls", multiple=True, metavar="URL", help=_("Server: host:port or a URL; repeatable."))
_DECLARATIONS = (
    option("--api-key-env", metavar="NAME", help=_("Environment variable that holds the API key.")),
    option("--cacert", type=Certificates("cacert"), metavar="FILE", help=_("Certificates (PEM) to trust beside the system's.")),
    option(
        "--client-cert",
        type=Certificates("client_cert"),
        metavar="FILE",
        help=_("Certificate and key (PEM) for a server that wants one."),
    ),
    option("--model", metavar="NAME", help=_("Model name, as the server knows it.")),
    option("--demo", is_flag=True, help=_("Use the built-in demo server: no GPU, no model.")),
    option("--system", may_be_empty=True, metavar="TEXT", help=_("System prompt.")),
    _sampling("temperature", "T", _("Sampling temperature, 0 to 2.")),
    _sampling("top_p", "P", _("Sample only from the likeliest tokens that add up to probability P.")),
    _sampling("top_k", "N", _("Sample only from the N likeliest tokens; 0: no limit.")),
    _sampling("min_p", "P", _("Minimum probability of a token relative to the likeliest one, 0 to 1.")),
    _sampling("repetition_penalty", "X", _("Above 1 discourages repetition; 1.05 helps against loops.")),
    _sampling("max_tokens", "N", _("Longest reply, in tokens.")),
    _sampling("seed", "N", _("Sampling seed, to make replies reproducible.")),
    option("--thinking/--no-thinking", default=None, help=_("Whether the model thinks before it replies.")),
)
_NAMES = ("api_key_env", "cacert", "client_cert", "model", "system", *SAMPLING, "thinking")


class Flags(msgspec.Struct, frozen=True):
    """What the shared flags said; ``values`` holds None for those that were not given, ``urls`` those that a batch was given."""

    demo: bool = False
    values: dict[str, Any] = msgspec.field(default_factory=dict)
    urls: tuple[str, ...] = ()

    @property
    def given(self) -> bool:
        """Some flag was given."""
        return self.demo or bool(self.urls) or any(value is not None for value in self.values.values())

    def config(self) -> config.Config:
        """The settings with the flags laid over them. Raises ConfigError."""
        return config.load(self.values)


def shared_options(function: F) -> F:
    """Adds the shared flags to a command; it gets them as one parameter ``flags``."""
    return _with_flags(function, (_URL, *_DECLARATIONS))


def shared_options_many_urls(function: F) -> F:
    """Adds the shared flags with a repeatable ``--url``, for a command that takes several servers."""
    return _with_flags(function, (_URLS, *_DECLARATIONS))


def _with_flags(function: F, declarations: tuple[Callable[[Any], Any], ...]) -> F:
    @functools.wraps(function)
    def with_flags(*args: Any, demo: bool, url: str | None = None, urls: tuple[str, ...] = (), **kwargs: Any) -> Any:
        values = {"url": url, **{name: kwargs.pop(name) for name in _NAMES}}
        if demo and (url or urls):
            raise UsageError(_("--demo and --url cannot be used together"))
        return function(*args, flags=Flags(demo, values, urls), **kwargs)

    command: Any = with_flags
    for declaration in reversed(declarations):
        command = declaration(command)
    result: F = command
    return result

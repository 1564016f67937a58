"""The options of all commands: an empty value is refused, for in a script it is a variable that was never set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from minicpm_tui.errors import ConfigError, UsageError
from minicpm_tui.i18n import _

F = TypeVar("F", bound=Callable[..., Any])


class _Option(click.Option):
    def __init__(self, *args: Any, may_be_empty: bool, nothing: str, **kwargs: Any) -> None:
        self._may_be_empty = may_be_empty
        self._nothing = nothing
        super().__init__(*args, **kwargs)

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """Before its type looks at it, whose message would be about another value. Raises UsageError."""
        value, source = super().consume_value(ctx, opts)
        if source is ParameterSource.COMMANDLINE and not self._may_be_empty and not ctx.resilient_parsing:
            for each in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(each, str) and not each.strip(self._nothing):
                    raise UsageError(
                        _("{option} is empty").format(option=self.opts[-1]), hint=_("give it a value, or leave it out")
                    )
        return value, source


def option(*names: str, may_be_empty: bool = False, nothing: str = " ", **settings: Any) -> Callable[[F], F]:
    """``click.option`` for ours: ``nothing`` are the signs that make no value, ``may_be_empty`` is where an empty one counts."""
    return click.option(*names, cls=_Option, may_be_empty=may_be_empty, nothing=nothing, **settings)


class Certificates(click.ParamType[str]):
    """The name of a PEM file, of certificates that are trusted or of the one that is shown: it is read at once."""

    name = "certificates"

    def __init__(self, setting: str) -> None:
        self._setting = setting

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Raises UsageError."""
        import ssl

        from minicpm_tui.access import Access

        name = str(value)
        access = Access(cacert=name) if self._setting == "cacert" else Access(client_cert=name)
        try:
            access.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        except ConfigError as error:  # the mistake is on the command line
            raise UsageError(error.message, hint=error.hint, title=error.title) from error
        return name

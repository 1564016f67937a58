"""``minicpm-tui config``: the settings in force and where each came from."""

from __future__ import annotations

import click
import msgspec

from minicpm_tui import config
from minicpm_tui.address import without_credentials
from minicpm_tui.i18n import _


@click.group("config", help=_("Show the settings and where each comes from."))
def command() -> None:
    """The group: ``show`` and ``path``."""


@command.command(help=_("Print every setting as TOML, with where it comes from. Keys are never shown."))
def show() -> None:
    import tomlkit

    loaded = config.load()
    document = tomlkit.document()
    for name in loaded.settings.__struct_fields__:
        value = getattr(loaded.settings, name)
        if name == "url":
            value = without_credentials(value)
        if name == "servers":
            value = [_without_key(endpoint) for endpoint in value]
        if value is None:
            document.add(tomlkit.comment(f"{name} = " + _("not set")))
            continue
        item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
        if isinstance(value, list | tuple) and value:
            document.add(tomlkit.comment(f"{name}: {loaded.origin(name)}"))
            document.add(name, item)
        else:
            document.add(name, item)
            item.comment(loaded.origin(name))
    click.echo(tomlkit.dumps(document), nl=False)


@command.command(help=_("Print the path of config.toml, whether or not it exists."))
def path() -> None:
    click.echo(config.config_path())


def _without_key(endpoint: config.Endpoint) -> dict[str, object]:
    values: dict[str, object] = msgspec.to_builtins(endpoint)
    values["url"] = without_credentials(endpoint.url)
    if endpoint.headers:
        values["headers"] = dict.fromkeys(endpoint.headers, "***")
    return values | {"api_key": "***"} if endpoint.api_key else values

"""``minicpm-tui demo``: the demo server in the foreground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from minicpm_tui.cli.option import option
from minicpm_tui.demo.options import Faults
from minicpm_tui.i18n import _

if TYPE_CHECKING:
    import socket

_USUAL_PORT = 8000


@click.command(
    help=_(
        "Run the demo server: vLLM's interface without a model. Ctrl-C stops it.\n\n"
        "It wants the API key in VLLM_API_KEY, if there is one. Faults: {faults}."
    ).format(faults=", ".join(Faults.__struct_fields__))
)
@option("--port", type=click.IntRange(1, 65535), help=_("Port to listen on; default: 8000 or, if that is taken, any free port."))
@option(
    "--tokens-per-second",
    type=click.FloatRange(min=0),
    default=60.0,
    help=_("Speed of replies in tokens per second (60); 0: all at once."),
)
@option("--max-model-len", type=click.IntRange(min=64), default=32768, help=_("Length of the context in tokens (32768)."))
@option("--fault", "faults", multiple=True, metavar="NAME=VALUE", help=_("Fail on purpose, such as stall_after=20."))
def command(port: int | None, tokens_per_second: float, max_model_len: int, faults: tuple[str, ...]) -> int:
    import os

    from minicpm_tui.demo.app import make_app
    from minicpm_tui.demo.options import DemoOptions
    from minicpm_tui.demo.server import make_server, url_of
    from minicpm_tui.demo.state import State

    key = os.environ.get("VLLM_API_KEY", "")  # as vLLM: without one it is open, on this machine alone
    wrong = _faults(faults)
    options = DemoOptions(api_key=key, tokens_per_second=tokens_per_second, max_model_len=max_model_len, faults=wrong)
    listener = _listener(port)
    url = url_of(listener)
    click.echo(
        _("The demo server is listening at {url}/v1. It has no model: it states facts about what it is sent.").format(url=url)
    )
    click.echo(_("In another terminal:"))
    click.echo(f"  minicpm-tui --url {url}")
    make_server(make_app(State(options))).run(sockets=[listener])
    return 0


def _listener(port: int | None) -> socket.socket:
    from minicpm_tui.demo.server import bind
    from minicpm_tui.errors import PortTaken

    try:
        return bind(port or _USUAL_PORT)
    except PortTaken:
        if port is not None:
            raise
        return bind(0)


def _faults(given: tuple[str, ...]) -> Faults:
    """``NAME`` or ``NAME=VALUE`` of each as the fields of ``Faults``. Raises UsageError."""
    import msgspec

    from minicpm_tui.errors import UsageError

    names = Faults.__struct_fields__
    values = {name: value or "true" for name, _equals, value in (one.partition("=") for one in given)}
    if unknown := [name for name in values if name not in names]:
        raise UsageError(f"--fault {unknown[0]}", hint=_("available: {names}").format(names=", ".join(names)))
    try:
        return msgspec.convert(values, Faults, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"--fault: {error}") from None

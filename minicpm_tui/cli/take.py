"""``minicpm-tui take``: what is piped in goes to the running program."""

from __future__ import annotations

import click

from minicpm_tui.i18n import _


@click.command(
    help=_(
        "Attach what is piped in to the message that is being written in the running program.\n\n"
        'From your own machine: ssh BOX minicpm-tui take < shot.png, or grim -g "$(slurp)" - | ssh BOX minicpm-tui take'
    )
)
def command() -> None:
    import sys
    from collections.abc import Iterator
    from io import BufferedReader
    from typing import cast

    from minicpm_tui.errors import UsageError
    from minicpm_tui.receiving.sending import hand_over
    from minicpm_tui.receiving.sockets import CHUNK

    if sys.stdin.isatty():
        raise UsageError(_("nothing is piped in"), hint=_("minicpm-tui take < FILE"))
    source = cast("BufferedReader", sys.stdin.buffer)
    if not (first := source.read1(CHUNK)):
        raise UsageError(_("nothing came on stdin"), hint=_("minicpm-tui take < FILE"))

    def pieces() -> Iterator[bytes]:
        piece = first
        while piece:
            yield piece
            piece = source.read1(CHUNK)

    click.echo(hand_over(pieces()))

"""``minicpm-tui demo``: the demo server in the foreground."""

from __future__ import annotations

import click

from minicpm_tui.i18n import _

_USUAL_PORT = 8000


@click.command(help=_("Run the demo server: vLLM's interface without a model. Ctrl-C ends it."))
@click.option("--port", type=click.IntRange(1, 65535), help=_("listen there; else on 8000 or, when that is taken, any free port"))
@click.option(
    "--tokens-per-second", type=click.FloatRange(min=0), default=60.0, show_default=True, help=_("speed of replies; 0: at once")
)
@click.option(
    "--max-model-len", type=click.IntRange(min=64), default=32768, show_default=True, help=_("length of the context in tokens")
)
def command(port: int | None, tokens_per_second: float, max_model_len: int) -> int:
    import os
    import secrets

    from minicpm_tui.demo.app import make_app
    from minicpm_tui.demo.options import DemoOptions
    from minicpm_tui.demo.serving import bind, make_server, url_of
    from minicpm_tui.demo.state import State
    from minicpm_tui.errors import PortTaken

    key = os.environ.get("MINICPM_TUI_API_KEY") or os.environ.get("VLLM_API_KEY") or secrets.token_urlsafe(12)
    options = DemoOptions(api_key=key, tokens_per_second=tokens_per_second, max_model_len=max_model_len)
    try:
        listener = bind(port or _USUAL_PORT)
    except PortTaken:
        if port is not None:
            raise
        listener = bind(0)
    url = url_of(listener)
    click.echo(
        _("The demo server listens at {url}/v1 (key {key}). It has no model: it tells facts about what it is sent.").format(
            url=url, key=key
        )
    )
    click.echo(_("In another terminal:"))
    click.echo(f"  MINICPM_TUI_API_KEY={key} minicpm-tui --url {url}")
    make_server(make_app(State(options))).run(sockets=[listener])
    return 0

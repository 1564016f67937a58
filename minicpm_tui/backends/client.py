"""The HTTP client that reaches a server: proxies, time limits, and nothing of the environment in its headers."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from minicpm_tui import __version__
from minicpm_tui.backends.address import is_loopback
from minicpm_tui.errors import ServerUnreachable
from minicpm_tui.i18n import _

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS = 10.0
KEEPALIVE_SECONDS = 2.0
"""Idle connections are dropped before uvicorn drops them (5 s), so that no request meets a connection that is just closing."""

_HEADERS = frozenset({"host", "connection", "content-type", "content-length", "transfer-encoding"})


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for ``url``; none for this machine or a host in ``NO_PROXY``."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(url) or urllib.request.proxy_bypass(host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def without_password(proxy: str) -> str:
    """A proxy's URL as it may be shown."""
    scheme, separator, rest = proxy.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def make_client(
    url: str,
    key: str,
    *,
    stall_seconds: float,
    patience: float = 1.0,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> httpx2.AsyncClient:
    """A client for the server at ``url``; ``transport`` replaces the network in tests.

    It waits ``stall_seconds`` for bytes, and ``patience`` times as long for the first ones.

    Only our own headers leave: the openai library would add an organization, a project and more from the environment.
    """
    import httpx2

    async def ours_alone(request: httpx2.Request) -> None:
        for name in [name for name in request.headers if name.lower() not in _HEADERS]:
            del request.headers[name]
        request.headers["user-agent"] = f"minicpm-tui/{__version__}"
        request.headers["accept"] = "text/event-stream, application/json"
        if key:
            request.headers["authorization"] = f"Bearer {key}"

    timeout = httpx2.Timeout(stall_seconds, read=patience * stall_seconds, connect=min(CONNECT_SECONDS, stall_seconds), pool=None)
    return httpx2.AsyncClient(
        transport=transport or _network(url, stall_seconds),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        event_hooks={"request": [ours_alone]},
    )


def _network(url: str, stall_seconds: float) -> httpx2.AsyncHTTPTransport:
    import httpx2

    from minicpm_tui.backends.pace import PacedBackend

    limits = httpx2.Limits(max_connections=None, keepalive_expiry=KEEPALIVE_SECONDS)
    proxy = proxy_for(url)
    try:
        transport = httpx2.AsyncHTTPTransport(limits=limits, proxy=proxy)
    except (ImportError, ValueError, httpx2.InvalidURL):
        # SOCKS needs a package that is not here; other schemes are none that httpx2 knows.
        hint = _("use an http:// proxy, or add the host to NO_PROXY")
        where = f"{url}, {without_password(proxy or '')}"
        raise ServerUnreachable(where, title=_("This kind of proxy cannot be used"), hint=hint) from None
    pool = transport._pool  # noqa: SLF001  httpx2 has no other way to a network backend
    pool._network_backend = PacedBackend(pool._network_backend, stall_seconds)  # noqa: SLF001  the same
    return transport

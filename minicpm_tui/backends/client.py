"""The HTTP client that reaches a server: proxies, time limits, and nothing of the environment in its headers."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from minicpm_tui.access import Access, access_to
from minicpm_tui.address import socket_path
from minicpm_tui.backends.certificates import plain_context, trusting_context
from minicpm_tui.backends.headers import own_headers
from minicpm_tui.backends.proxies import Proxy, proxy_for
from minicpm_tui.errors import ConfigError, ServerUnreachable
from minicpm_tui.i18n import _
from minicpm_tui.redaction import know

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS = 10.0
KEEPALIVE_SECONDS = 2.0
"""Idle connections are dropped before uvicorn drops them (5 s), so that no request meets a connection that is just closing."""

_HEADERS = frozenset({"host", "connection", "content-type", "content-length", "transfer-encoding"})


def load_client() -> None:
    """Import all that a client needs, for a tenth of a second: to be called in a thread, beside which keys are taken."""
    import httpcore2  # noqa: F401  httpx2 would import it with its first connection
    import httpx2  # noqa: F401
    from anyio.lowlevel import checkpoint

    import minicpm_tui.backends.bounded
    import minicpm_tui.backends.pace  # noqa: F401

    asyncio.run(checkpoint())  # anyio imports what it needs within a loop, which httpcore2's first connection would do


def make_client(
    url: str,
    key: str,
    *,
    stall_seconds: float,
    patience: float = 1.0,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> httpx2.AsyncClient:
    """A client for the server at ``url``; ``transport`` replaces the network in tests.

    It waits ``stall_seconds`` for bytes, and ``patience`` times as long for the first ones. What is read is bounded (see
    ``BoundedTransport``), and ``key`` is hidden from then on.

    Only our own headers leave: the openai library would add an organization, a project and more from the environment. Raises
    ConfigError for a variable of the environment that cannot be used, ServerUnreachable for a proxy that needs a package.
    """
    import httpx2

    from minicpm_tui.backends.bounded import BoundedTransport

    know(key)
    access = access_to(url)

    async def ours_alone(request: httpx2.Request) -> None:
        for name in [name for name in request.headers if name.lower() not in _HEADERS]:
            del request.headers[name]
        request.headers.update(own_headers(access, key))

    timeout = httpx2.Timeout(stall_seconds, read=patience * stall_seconds, connect=min(CONNECT_SECONDS, stall_seconds), pool=None)
    return httpx2.AsyncClient(
        transport=BoundedTransport(transport or _network(url, stall_seconds, access)),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        event_hooks={"request": [ours_alone]},
    )


def _network(url: str, stall_seconds: float, access: Access) -> httpx2.AsyncHTTPTransport:
    import httpx2

    from minicpm_tui.backends.pace import PacedBackend

    limits = httpx2.Limits(max_connections=None, keepalive_expiry=KEEPALIVE_SECONDS)
    proxy = proxy_for(url)
    verify = trusting_context(access) if url.startswith("https:") else plain_context()
    try:
        through = _client_proxy(proxy) if proxy else None
        transport = httpx2.AsyncHTTPTransport(verify=verify, limits=limits, proxy=through, uds=socket_path(url) or None)
    except ImportError:
        hint = _("install what SOCKS needs: {command}").format(command=f"{sys.executable} -m pip install socksio")
        raise ServerUnreachable(f"{proxy}", title=_("This kind of proxy needs one more package"), hint=hint) from None
    except (ValueError, httpx2.InvalidURL):
        raise _unusable(proxy) from None
    pool = transport._pool  # noqa: SLF001  httpx2 has no other way to a network backend
    pool._network_backend = PacedBackend(pool._network_backend, stall_seconds)  # noqa: SLF001  the same
    return transport


def _client_proxy(proxy: Proxy) -> httpx2.Proxy:
    """Raises ValueError for a scheme that httpx2 does not know, InvalidURL, and ConfigError for what has no host."""
    import httpx2

    made = httpx2.Proxy(proxy.url, ssl_context=trusting_context() if proxy.url.startswith("https:") else None)
    if not made.url.host:
        raise _unusable(proxy)
    return made


def _unusable(proxy: Proxy | None) -> ConfigError:
    hint = _("name an http://, https:// or socks5:// proxy, or add the host to NO_PROXY")
    words = f"{proxy.variable}={proxy}" if proxy else ""
    return ConfigError(words, title=_("This proxy cannot be used"), hint=hint)

"""What a broken connection means: the client's exceptions become our errors."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx2

from minicpm_tui import errors
from minicpm_tui.backends.bounded import BODY_LIMIT, BodyTooLarge, BodyUnreadable
from minicpm_tui.backends.proxies import proxy_for
from minicpm_tui.backends.tls_errors import tls_error
from minicpm_tui.i18n import _
from minicpm_tui.text import format_bytes

PATIENCE = 15.0
"""Seconds of silence after which a gateway, rather than the line, may have ended it: no usual limit is shorter."""


def network_error(error: BaseException, url: str, silent_seconds: float, *, known: bool = False) -> errors.BackendError:
    """The error for what ``httpx2`` raised while talking with ``url``, which was silent for so long.

    ``known``: it has answered as a server before, so that its address is right.
    """
    causes = list(_causes(error))
    proxy = proxy_for(url)
    where = _("{url} through the proxy {proxy}").format(url=url, proxy=proxy) if proxy else url
    if proxy and any(isinstance(cause, httpx2.ProxyError) for cause in causes):
        return errors.ServerUnreachable(where, hint=_("check the proxy, or add the host to NO_PROXY"))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return tls_error(causes, where, url)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return errors.ServerUnreachable(where, title=_("No such host"), hint=_("check the name of the host"))
    if any(isinstance(cause, httpx2.ConnectTimeout) for cause in causes):
        return errors.ServerUnreachable(where, hint=_("it does not answer: check the host, the port and any firewall"))
    if any(isinstance(cause, httpx2.TimeoutException) for cause in causes):
        words = _("{url} sent nothing for {seconds:.0f} s").format(url=where, seconds=silent_seconds)
        return errors.ServerStalled(words, hint=_("try again; if it stays silent, start the server again"))
    if any(isinstance(cause, httpx2.ConnectError) for cause in causes):
        hint = (
            _("check the proxy, or add the host to NO_PROXY")
            if proxy
            else _("start it with minicpm-tui serve, or check the address")
        )
        return errors.ServerUnreachable(where, hint=hint)
    if any(isinstance(cause, BodyTooLarge) for cause in causes):
        words = _("{url} sent more than {size}").format(url=where, size=format_bytes(BODY_LIMIT))
        return errors.ServerFailed(words, hint=_("check that the address is vLLM's"))
    if any(isinstance(cause, BodyUnreadable) for cause in causes):
        words = _("{url} packed its answer in a way that cannot be read").format(url=where)
        return errors.ServerFailed(words, hint=_("check what stands between: a gateway should not compress"))
    if wrong := [str(cause) for cause in causes if isinstance(cause, httpx2.RemoteProtocolError)]:
        return _protocol(wrong[0], where, silent_seconds, known=known)
    return _broken(where, silent_seconds) if known else _closed(where)


def was_refused(error: BaseException) -> bool:
    """True when no connection came about, so that nothing was sent."""
    return any(isinstance(cause, httpx2.ConnectError) for cause in _causes(error)) and not any(
        isinstance(cause, ssl.SSLError | socket.gaierror) for cause in _causes(error)
    )


def _broken(where: str, silent_seconds: float) -> errors.BackendError:
    """The connection to a server that is known is gone."""
    title = _("The connection broke")
    if silent_seconds < PATIENCE:
        return errors.ServerFailed(where, title=title, hint=_("ask again; is the server, or the tunnel to it, still there?"))
    words = _("{url}, after {seconds:.0f} s of silence").format(url=where, seconds=silent_seconds)
    hint = _("a gateway may wait no longer: raise its limit (nginx: proxy_read_timeout, HAProxy: timeout server)")
    return errors.ServerFailed(words, title=title, hint=hint)


def _closed(where: str) -> errors.BackendError:
    return errors.ServerFailed(
        _("{url} closed the connection").format(url=where), hint=_("check that it is still running and the port is right")
    )


def _protocol(text: str, where: str, silent_seconds: float, *, known: bool) -> errors.BackendError:
    if known:
        if "closed" in text or "disconnected" in text:
            return _broken(where, silent_seconds)
        words = _("{url} sent something that is not HTTP").format(url=where)
        return errors.ServerFailed(words, hint=_("check what stands between, then ask again"))
    if "illegal" in text or "does not look like" in text:
        return errors.NotAServer(
            _("{url} does not speak HTTP").format(url=where), hint=_("check the port, and whether the address needs https://")
        )
    return _closed(where)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__

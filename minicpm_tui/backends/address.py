"""Where a server is: what users type becomes one root URL."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line

_TAIL = re.compile(r"/v1(/(chat/completions|models)?)?$")


def normalise(address: str) -> str:
    """The root URL, without a slash at its end, of ``host:port``, a port, a root or a URL that ends in ``/v1``.

    Raises UsageError for what cannot be a server's address.
    """
    text = address.strip()
    if text.lstrip(":").isdigit():
        text = f"127.0.0.1:{text.lstrip(':')}"
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _unusable(address) from None
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or re.search(r"[\s\x00-\x1f]", text) or parts.username is not None:
        raise _unusable(address)
    shown = f"[{host}]" if ":" in host else host
    path = _TAIL.sub("", parts.path.rstrip("/")).rstrip("/")
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}{path}"


def is_loopback(url: str) -> bool:
    """True when ``url`` is this machine by name: nothing leaves it, so no proxy and the local key."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _unusable(address: str) -> UsageError:
    return UsageError(one_line(address, 200), title=_("Not a server's address"), hint=_("write host:port or http://host:port"))

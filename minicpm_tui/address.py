"""Where a server is: what users type becomes one root URL, and what a request needs of it."""

from __future__ import annotations

import base64
import ipaddress
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.text import one_line

_TAIL = re.compile(r"/v1(/(chat/completions|models)?)?$")
_CREDENTIALS = re.compile(r"^(\w+://|)[^/@\s]*@")
_UNIX = "unix:"


def normalise(address: str) -> str:
    """The root URL, without a slash at its end, of ``host:port``, a port, a root or a URL that ends in ``/v1``.

    ``unix:/path`` is a socket in the file system (vLLM's ``--uds``); it stays as it is. User and password are left out: see
    ``credentials``. Raises UsageError for what cannot be a server's address.
    """
    text = address.strip()
    if text.startswith(_UNIX):
        return _socket(address, text)
    try:
        parts = urlsplit(_with_scheme(text))
        port = parts.port
    except ValueError:
        raise _unusable(address) from None
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or re.search(r"[\s\x00-\x1f]", text):
        raise _unusable(address)
    shown = f"[{host}]" if ":" in host else host
    path = _TAIL.sub("", parts.path.rstrip("/")).rstrip("/")
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}{path}"


def credentials(address: str) -> str:
    """The user and password in ``http://user:password@host`` as a key: ``Basic …`` (RFC 7617); empty where there are none."""
    try:
        parts = urlsplit(_with_scheme(address.strip()))
    except ValueError:
        return ""
    if parts.username is None or parts.scheme not in {"http", "https"}:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def authorization(key: str) -> str:
    """The header that carries ``key``: what ``credentials`` gave goes as it is, every other key as a bearer token."""
    return key if key.startswith("Basic ") else f"Bearer {key}"


def without_credentials(address: str) -> str:
    """``address`` as it may be shown: no user and no password."""
    return _CREDENTIALS.sub(r"\1", address.strip())


def socket_path(url: str) -> str:
    """The path of the socket that the root ``url`` names; empty for a server in the network."""
    return url.removeprefix(_UNIX) if url.startswith(_UNIX) else ""


def http_root(url: str) -> str:
    """What the paths of requests to the server at the root ``url`` are put behind: a socket is asked as ``localhost``."""
    return "http://localhost" if socket_path(url) else url


def numbered(url: str) -> str:
    """``url`` with the number of this machine for its name: both are one server."""
    return url.replace("//localhost", "//127.0.0.1", 1)


def is_loopback(url: str) -> bool:
    """True when ``url`` is this machine by name: nothing leaves it, so no proxy and the local key."""
    if socket_path(url):
        return True
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _with_scheme(text: str) -> str:
    if text.lstrip(":").isdigit():
        text = f"127.0.0.1:{text.lstrip(':')}"
    return text if "://" in text else f"http://{text}"


def _socket(address: str, text: str) -> str:
    path = text.removeprefix(_UNIX).removeprefix("//")
    if not path or not path.isprintable():
        raise _unusable(address)
    try:
        return _UNIX + str(Path(path).expanduser().absolute())
    except RuntimeError:
        raise _unusable(address) from None


def _unusable(address: str) -> UsageError:
    return UsageError(
        one_line(without_credentials(address), 200),
        title=_("Not a server's address"),
        hint=_("write host:port, http://host:port or unix:/path/of/socket"),
    )

"""Which proxy the environment names for a server, and which servers need none."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from minicpm_tui.address import is_loopback, without_credentials


@dataclass(frozen=True)
class Proxy:
    """``url`` may hold a password; ``variable`` is the one of the environment that named it."""

    url: str
    variable: str

    def __str__(self) -> str:
        """As it may be shown."""
        return without_credentials(self.url)


def proxy_for(url: str) -> Proxy | None:
    """The proxy for the server at ``url``; none for this machine, or a host that ``NO_PROXY`` names.

    As curl has it: the small names go before the capital ones, ``ALL_PROXY`` is for every scheme.
    """
    if is_loopback(url):
        return None
    parts = urlsplit(url)
    names = (f"{parts.scheme}_proxy", "all_proxy")
    variable = next((name for each in names for name in (each, each.upper()) if os.environ.get(name, "").strip()), None)
    if variable is None or _bypassed(parts.hostname or "", parts.port):
        return None
    proxy = os.environ[variable].strip()
    return Proxy(proxy if "://" in proxy else f"http://{proxy}", variable)


def _bypassed(host: str, port: int | None) -> bool:
    """True when ``NO_PROXY`` names ``host``: itself, a domain above it, a network (``10.0.0.0/8``), or all (``*``)."""
    value = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if value.strip() == "*":
        return True
    host = host.lower().rstrip(".")
    return any(_names(entry.lower(), host, port) for entry in re.split(r"[,\s]+", value) if entry)


def _names(entry: str, host: str, port: int | None) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name, _colon, number = entry.partition(":")
        name = name.strip(".")
        return bool(name) and (not number or number == str(port)) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ipaddress.ip_network(entry.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return entry == (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

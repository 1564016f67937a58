"""What every request says of us, and nothing of the environment."""

from __future__ import annotations

from minicpm_tui import __version__
from minicpm_tui.access import Access
from minicpm_tui.address import authorization


def own_headers(access: Access, key: str) -> dict[str, str]:
    """Names in small letters, and the values; ``key`` is empty for none, the headers of ``access`` go before all others."""
    headers = {"user-agent": f"minicpm-tui/{__version__}", "accept": "text/event-stream, application/json"}
    if key:
        headers["authorization"] = authorization(key)
    return headers | {name.lower(): value for name, value in access.headers.items()}

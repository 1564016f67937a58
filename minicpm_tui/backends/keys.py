"""Which API key goes to which server. A key never goes where the user did not send it."""

from __future__ import annotations

from collections.abc import Mapping

from minicpm_tui.access import endpoint_of
from minicpm_tui.address import credentials, is_loopback, normalise
from minicpm_tui.backends.saved_keys import saved_keys
from minicpm_tui.config import Endpoint, Settings
from minicpm_tui.errors import ConfigError, UsageError
from minicpm_tui.i18n import _
from minicpm_tui.redaction import know


def choose_key(url: str, settings: Settings, environ: Mapping[str, str], *, own_key: str = "") -> str:
    """The key for the root URL ``url``, empty for none.

    In this order: the variable that ``--api-key-env`` names, the server's own entry (``own_key`` for one that this program
    started, or whose address was typed with a password), the password in the entry's or the settings' URL, a key that was saved
    for it, ``MINICPM_TUI_API_KEY``, and for this machine alone ``VLLM_API_KEY``.
    ``OPENAI_API_KEY`` is used only where the configuration names it. Blocks.

    Raises ConfigError for a variable that is not set, a key that cannot be sent, or saved keys that cannot be read.
    """
    endpoint = endpoint_of(url, settings)
    if settings.api_key_env:
        key = _named(settings.api_key_env, environ)
    elif own_key:
        key = own_key
    elif endpoint and endpoint.api_key_env:
        key = _named(endpoint.api_key_env, environ)
    elif endpoint and endpoint.api_key:
        key = endpoint.api_key
    elif in_url := _password(url, settings, endpoint):
        key = in_url
    elif not (key := saved_keys().get(url, "")):
        key = environ.get("MINICPM_TUI_API_KEY", "")
        if not key.strip() and is_loopback(url):
            key = environ.get("VLLM_API_KEY", "")
    return usable(key)


def _password(url: str, settings: Settings, endpoint: Endpoint | None) -> str:
    """What a configured URL of this server holds; empty for nothing."""
    try:
        own = credentials(settings.url) if settings.url and normalise(settings.url) == url else ""
    except UsageError:
        own = ""
    return own or (credentials(endpoint.url) if endpoint else "")


def _named(variable: str, environ: Mapping[str, str]) -> str:
    if not environ.get(variable, "").strip():
        raise ConfigError(
            _("the environment variable {name} is not set").format(name=variable),
            title=_("No API key"),
            hint=_("set it, or choose another one with --api-key-env"),
        )
    return environ[variable]


def usable(key: str) -> str:
    """``key`` without blanks around it. Raises ConfigError when it cannot be sent."""
    key = key.strip()
    if not key.isascii() or not (key.isprintable() or not key):
        raise ConfigError(_("it has characters that cannot be sent"), title=_("The API key is invalid"))
    know(key)
    return key

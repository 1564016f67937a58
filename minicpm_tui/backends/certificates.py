"""Whom TLS trusts: the system's authorities, or those that the environment names."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from minicpm_tui.access import Access
from minicpm_tui.errors import ConfigError
from minicpm_tui.i18n import _


def plain_context() -> ssl.SSLContext:
    """For a connection that never uses it: no file is read, and it trusts nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def trusting_context(access: Access | None = None) -> ssl.SSLContext:
    """For https, with the certificates of ``access``. Raises ConfigError that names what cannot be used."""
    import httpx2

    try:
        context = httpx2.create_ssl_context()
    except OSError as error:  # SSLError is one
        raise _blame(error) from error
    if (folder := os.environ.get("SSL_CERT_DIR")) and not os.environ.get("SSL_CERT_FILE") and not Path(folder).is_dir():
        raise _wrong("SSL_CERT_DIR", folder, _("no such folder"))
    if access is not None:
        access.load_into(context)
    return context


def _blame(error: OSError) -> ConfigError:
    """Which variable's file it was: the exceptions do not say."""
    reason = error.strerror or str(error)
    if isinstance(error, ssl.SSLError):
        reason = _("it holds no certificate")
    file = os.environ.get("SSL_CERT_FILE")
    if file:
        try:
            plain_context().load_verify_locations(file)
        except OSError:
            return _wrong("SSL_CERT_FILE", file, reason)
    if log := os.environ.get("SSLKEYLOGFILE"):
        return _wrong("SSLKEYLOGFILE", log, reason)
    return ConfigError(reason, title=_("The system's certificates cannot be read"), hint=_("name them with SSL_CERT_FILE"))


def _wrong(variable: str, path: str, reason: str) -> ConfigError:
    return ConfigError(
        f"{variable}={path}: {reason}", title=_("An environment variable is not usable"), hint=_("correct or unset it")
    )

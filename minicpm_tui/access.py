"""What reaches a server beside its address and its key: whom TLS trusts, the certificate that is shown, extra headers."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from minicpm_tui.address import normalise, numbered
from minicpm_tui.config import Endpoint, Settings
from minicpm_tui.errors import ConfigError, UsageError
from minicpm_tui.i18n import _
from minicpm_tui.paths import expanded
from minicpm_tui.redaction import know

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, token
_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})


@dataclass(frozen=True)
class Access:
    """``cacert`` and ``client_cert`` (with its key) are PEM files, empty for none; ``headers`` go with every request."""

    cacert: str = ""
    client_cert: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def load_into(self, context: ssl.SSLContext) -> None:
        """Trust and show in ``context`` what is configured. Blocks. Raises ConfigError that names the setting."""
        if self.cacert:
            try:
                context.load_verify_locations(expanded(self.cacert))
            except (OSError, RuntimeError) as error:
                raise _unusable("cacert", self.cacert, error, _("it holds no certificate")) from error
        if self.client_cert:
            try:
                context.load_cert_chain(expanded(self.client_cert), password="")
            except (OSError, RuntimeError) as error:
                raise _unusable(
                    "client_cert", self.client_cert, error, _("it must hold a certificate and its open key")
                ) from error


_known: dict[str, Access] = {}


def remember(url: str, settings: Settings, environ: Mapping[str, str]) -> None:
    """From now on the server at the root ``url`` is reached as ``settings`` and its ``[[servers]]`` entry say.

    Raises ConfigError for a header that cannot be sent, or names a variable that is not set.
    """
    endpoint = endpoint_of(url, settings) or Endpoint(url)
    headers = {name: _value(name, value, environ) for name, value in endpoint.headers.items()}
    _known[numbered(url)] = Access(endpoint.cacert or settings.cacert, endpoint.client_cert or settings.client_cert, headers)


def access_to(url: str) -> Access:
    """How the server at the root ``url`` is reached."""
    return _known.get(numbered(url), Access())


def endpoint_of(url: str, settings: Settings) -> Endpoint | None:
    """The ``[[servers]]`` entry for the root URL ``url``; entries whose address is unusable are passed over."""
    for endpoint in settings.servers:
        try:
            if normalise(endpoint.url) == url:
                return endpoint
        except UsageError:
            continue
    return None


def _value(name: str, value: str, environ: Mapping[str, str]) -> str:
    """``value`` with ``$NAME`` and ``${NAME}`` from the environment; it is hidden from then on."""

    def variable(match: re.Match[str]) -> str:
        found = environ.get(match[1] or match[2])
        if found is None:
            words = _("the environment variable {name} is not set").format(name=match[1] or match[2])
            raise ConfigError(f"headers, {name}: {words}", hint=_("set it, or remove that line"))
        know(found)
        return found

    text = _VARIABLE.sub(variable, value).strip()
    if not _NAME.fullmatch(name) or name.lower() in _OURS or not text.isascii() or not text.isprintable():
        raise ConfigError(f"headers, {name}", title=_("This header cannot be sent"), hint=_("correct or remove that line"))
    know(text)
    return text


def _unusable(setting: str, path: str, error: Exception, otherwise: str) -> ConfigError:
    reason = otherwise if isinstance(error, ssl.SSLError | RuntimeError) else str(getattr(error, "strerror", "") or otherwise)
    return ConfigError(f"{setting} = {path}: {reason}", title=_("This certificate cannot be used"), hint=_("name another file"))

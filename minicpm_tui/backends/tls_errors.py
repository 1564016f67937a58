"""Why TLS did not come about, and what to do: each kind has its own remedy."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from minicpm_tui import errors
from minicpm_tui.access import access_to
from minicpm_tui.backends.failures import certificate_wanted
from minicpm_tui.i18n import N_, _

_EXPIRED, _NOT_YET = 10, 9
_OTHER_HOST = {62, 64}
_PLAIN = ("WRONG_VERSION_NUMBER", "record layer", "HTTP_REQUEST")
_WANTED = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE")
_NOT_TAKEN = ("ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE_EXPIRED", "ALERT_CERTIFICATE_UNKNOWN")
_UNTRUSTED = N_("give the certificate of its issuer with --cacert, or set SSL_CERT_FILE")


def tls_error(causes: Sequence[BaseException], where: str, url: str) -> errors.BackendError:
    """What ``ssl`` raised among ``causes``, about the server at ``url``, which is called ``where``.

    Codes: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
    """
    text = " ".join(str(cause) for cause in causes)
    if any(word in text for word in _PLAIN):
        return errors.NotAServer(_("{url} does not speak TLS").format(url=where), hint=_("write http:// instead of https://"))
    if any(word in text for word in _NOT_TAKEN) or (access_to(url).client_cert and any(word in text for word in _WANTED)):
        hint = _("ask whoever runs the server for another one (--client-cert)")
        return errors.AuthenticationFailed(where, title=_("The server refuses the client certificate"), hint=hint)
    if any(word in text for word in _WANTED):
        return certificate_wanted(where)
    failed = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    title, hint = _("The server's certificate is not trusted"), _(_UNTRUSTED)
    if failed is not None and failed.verify_code == _EXPIRED:
        title, hint = _("The server's certificate has expired"), _("it has to be renewed; is this machine's clock right?")
    elif failed is not None and failed.verify_code == _NOT_YET:
        title, hint = _("The server's certificate is not valid yet"), _("is this machine's clock right?")
    elif failed is not None and failed.verify_code in _OTHER_HOST:
        title, hint = _("The server's certificate is for another host"), _("write the name that it was made for")
    return errors.ServerUnreachable(where, title=title, hint=hint)

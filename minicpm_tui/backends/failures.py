"""What a server's refusal means: status and body become one of our errors, with what to do next."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import msgspec

from minicpm_tui import errors
from minicpm_tui.address import http_root, normalise
from minicpm_tui.backends.error_words import Words, words_in
from minicpm_tui.backends.proxies import proxy_for
from minicpm_tui.backends.vllm_errors import ANYWHERE, KNOWN, Rules
from minicpm_tui.i18n import _
from minicpm_tui.redaction import hide
from minicpm_tui.sampling import SAMPLING
from minicpm_tui.text import one_line

_WORDS_LIMIT = 300
_REDIRECTS = {301, 302, 303, 307, 308}
_PAGE = 2000
_HTML = re.compile(rb"(?i)\s*<(?:!doctype|html|head|body|h1)\b")
_TAG = re.compile(rb"<[a-zA-Z/!][^>]*>?")
_TLS_WANTED = re.compile(
    rb"(?P<plain>plain HTTP request was sent to HTTPS port|sent an HTTP request to an HTTPS server)"
    rb"|No required SSL certificate was sent|The SSL certificate error"
)
"""nginx's pages, and the line of Go's servers."""


class Failure(msgspec.Struct, frozen=True):
    """An error and what the caller may do about it.

    ``explained`` is False for a 400 or 500 whose reason we do not know: it may be about a uuid. ``limit`` is the number of
    pictures or videos (``limit_kind``) that the server takes, where it said so; ``body_limit`` the bytes of a request, as
    far as what refused it names them or is known for its default.
    """

    error: errors.BackendError
    status: int | None = None
    explained: bool = True
    limit: int | None = None
    limit_kind: str = ""
    about_stop_ids: bool = False
    body_limit: int | None = None


def failure_of(status: int, body: bytes, *, url: str, key_sent: bool, location: str = "") -> Failure:
    """What an answer other than 200 says, or an ``error`` chunk inside a stream (its code is the status then).

    ``location`` is where a redirect leads.
    """
    words = words_in(body)
    if words is not None:
        words = msgspec.structs.replace(words, message=_short(words.message))
    if (gateway := _of_gateway(status, body, url, words, location)) is not None:
        return Failure(gateway, status)
    said, param = (words.message, words.param) if words else (None, "")
    if status in {401, 403}:
        return Failure(_authentication(f"{url}: {said}" if said and status == 403 else url, key_sent), status)
    if status == 413:
        told = f"{url}: {said or 'HTTP 413'}"
        return Failure(too_large(told), status, body_limit=_body_limit(said or "", body))
    if status in {429, 503}:
        return Failure(errors.ServerOverloaded(said or f"HTTP {status}, {url}", hint=_("wait a moment and try again")), status)
    if words is None or said is None:
        return Failure(_foreign(status, body, url), status)
    return _failure_told(status, said, param, url, KNOWN if words.shape == "error" else ANYWHERE)


def _failure_told(status: int, said: str, param: str, url: str, rules: Rules) -> Failure:
    """What a server tells in words."""
    for pattern, make in rules:
        if match := re.search(pattern, said):
            error = make(match, said)
            if isinstance(error, errors.TooManyMedia):
                return Failure(error, status, limit=int(match[1]), limit_kind=match[2])
            return Failure(error, status)
    if status in {404, 405} or (status == 400 and _MISSING_MODEL.search(said) and "model=" in said):
        return Failure(_model_missing(said, url), status)
    if status >= 500:
        hint = _("look at the server's log; if it does not recover, start it again")
        return Failure(errors.ServerFailed(said, hint=hint), status, explained=status != 500)
    hint = _about_sampling(said, param)
    about_stop_ids = status in {400, 422} and (param == "stop_token_ids" or "stop_token_ids" in said)
    return Failure(
        errors.RequestRejected(said, hint=hint),
        status,
        explained=status != 400 or bool(hint) or about_stop_ids,
        about_stop_ids=about_stop_ids,
    )


_NOT_TAKEN = re.compile(
    r"(?i)\b(unknown|unrecogni[sz]ed|unsupported|unexpected|extra|not (supported|permitted|allowed|recogni[sz]ed))\b"
)
"""How servers other than vLLM speak of a field that they do not have."""


def _about_sampling(said: str, param: str) -> str:
    """The hint where a sampling setting is refused: its value, or the setting as a whole. Empty for everything else."""
    named = [name for name in SAMPLING if name == param or re.search(rf"\b{name}\b", said)]
    if not named:
        return ""
    if _NOT_TAKEN.search(said):
        return _("this server does not take {name}: leave it empty").format(name=named[0])
    return _("change {name}").format(name=named[0])


def _short(message: str) -> str:
    """One line without what only the server's developers need: echoed parameters and pictures, pydantic's links; and no key."""
    message = re.sub(r" \(parameter=\w+(, value=.*)?\)\s*$", "", message, flags=re.DOTALL)
    message = re.sub(r"(?<=[.)]) None\s*$", "", message)  # a cause that there is not
    message = re.sub(r"\s*For further information visit \S+", "", message)
    message = re.sub(r"(data:[\w/+.-]+;base64,)[A-Za-z0-9+/=]{16,}", r"\1…", message)
    return one_line(hide(message), _WORDS_LIMIT)


def _authentication(url: str, key_sent: bool) -> errors.AuthenticationFailed:
    if key_sent:
        hint = _("this is not the server's key: set MINICPM_TUI_API_KEY, or give the name of its variable with --api-key-env")
    else:
        hint = _("no key was sent: set MINICPM_TUI_API_KEY, or give the name of its variable with --api-key-env")
    return errors.AuthenticationFailed(url, hint=hint)


def _of_gateway(status: int, body: bytes, url: str, words: Words | None, location: str) -> errors.BackendError | None:
    """What a gateway says of itself: the server has not been asked, or has not answered."""
    if words is not None and words.shape == "relay" and status >= 500:
        told = _("LiteLLM at {url} has no answer of the server behind it: {said}").format(url=url, said=words.message)
        return errors.ServerFailed(told, hint=_("check that vLLM is running behind it, and its api_base"))
    if status in {502, 504} or (status == 503 and _HTML.match(body)):
        told = _("{url}: a gateway answers HTTP {status}").format(url=url, status=status)
        hint = _("check that vLLM is running behind it")
        if status == 504:
            hint = _("the server took longer than the gateway waits: raise its limit (nginx: proxy_read_timeout)")
        return errors.ServerFailed(f"{told}: {words.message}" if words else told, hint=hint)
    if status in _REDIRECTS and location:
        return _redirect(url, location)
    if status == 400 and (match := _TLS_WANTED.search(body[:_PAGE])):
        if match["plain"]:
            told = _("{url} speaks TLS").format(url=url)
            return errors.NotAServer(told, hint=_("write {url}").format(url=url.replace("http:", "https:", 1)))
        return certificate_wanted(url)
    return None


def _redirect(url: str, location: str) -> errors.NotAServer:
    """The target without the path of the request, as it can be given."""
    try:
        target = normalise(urljoin(f"{http_root(url)}/", location))
    except errors.UsageError:
        target = location
    told = _("{url} sends on to {target}").format(url=url, target=one_line(target, 200))
    return errors.NotAServer(told, title=_("The server is elsewhere"), hint=_("give that address with --url, or in config.toml"))


def certificate_wanted(url: str) -> errors.AuthenticationFailed:
    """A server that wants to know who asks by a certificate."""
    hint = _("give it with --client-cert, a file with certificate and key")
    return errors.AuthenticationFailed(url, title=_("The server wants a client certificate"), hint=hint)


def _foreign(status: int, body: bytes, url: str) -> errors.BackendError:
    """For an answer in no form that is known: a web site, another program."""
    if status >= 500 or not url:
        page = one_line(hide(_TAG.sub(b" ", body[:_PAGE]).decode(errors="replace"))[:_WORDS_LIMIT], 160)
        where = f"{url}: " if url else ""
        return errors.ServerFailed(f"{where}HTTP {status} {page}".rstrip(), hint=_("look at the server's log"))
    if proxy := proxy_for(url):
        words = _("{url} through the proxy {proxy}").format(url=url, proxy=proxy)
        hint = _("check the address, or add the host to NO_PROXY")
        return errors.NotAServer(_("{url} answers HTTP {status}").format(url=words, status=status), hint=hint)
    return not_a_server(_("{url} answers HTTP {status}").format(url=url, status=status))


def too_large(told: str) -> errors.RequestTooLarge:
    """More bytes than the server, or what stands before it, takes at once; ``told`` says whose limit it is."""
    hint = _("send fewer pictures, or fewer frames (clip.mp4#n=8), or raise the gateway's limit (client_max_body_size)")
    return errors.RequestTooLarge(told, hint=hint)


def _body_limit(said: str, body: bytes) -> int | None:
    """aiohttp names its limit (``Maximum request body size 1048576 exceeded``); nginx says only who it is: 1 MB by default."""
    if match := re.search(r"(?i)\b(?:maximum|limit)\D{0,40}?(\d{4,12})\b", said or body[:_WORDS_LIMIT].decode(errors="replace")):
        return int(match[1])
    return 1 << 20 if b"nginx" in body[:1000] else None


def not_a_server(words: str) -> errors.NotAServer:
    """For something that answers, but not as an OpenAI-compatible server does."""
    return errors.NotAServer(words, hint=_("check the host and port: vLLM's default port is 8000"))


def not_a_reply(url: str, kind: str) -> errors.NotAServer:
    """For an answer of the media type ``kind`` where a reply was wanted."""
    return not_a_server(_("{url} answers with {kind} instead of a reply").format(url=url, kind=one_line(kind, 60)))


_MISSING_MODEL = re.compile(
    r"(?i)\bmodel[ =:]*(?:name )?([`'\"])(?P<name>.+?)\1|\bmodel (?:name passed in )?model=(?P<bare>\S+?)\.? "
)
"""vLLM and LMDeploy write the name in backquotes, Ollama and LM Studio in quotes, LiteLLM without any."""


def _model_missing(said: str, url: str) -> errors.BackendError:
    match = _MISSING_MODEL.search(said)
    if not match:
        return not_a_server(f"{url}: {said}")
    valid = re.search(r"Valid aliases: (.+?)\.?$", said)
    hint = _("choose one with --model: {names}").format(names=valid[1]) if valid else _("choose another one with --model")
    return errors.ModelNotFound(match["name"] or match["bare"], hint=hint)

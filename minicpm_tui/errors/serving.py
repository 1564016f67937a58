"""Errors about servers: replies that did not come, a local vLLM, a batch."""

from __future__ import annotations

from minicpm_tui.errors.base import MinicpmTuiError
from minicpm_tui.i18n import N_


class BackendError(MinicpmTuiError):
    """No reply came from a server; the subclasses say why."""

    kind = "backend"
    default_title = N_("No reply")


class ServerUnreachable(BackendError):
    """The server cannot be reached."""

    kind = "server_unreachable"
    default_title = N_("The server cannot be reached")


class NotAServer(BackendError):
    """What answers at the URL is not an OpenAI-compatible server."""

    kind = "not_a_server"
    default_title = N_("Not an OpenAI-compatible server")


class AuthenticationFailed(BackendError):
    """The server refuses the API key."""

    kind = "authentication"
    default_title = N_("The server refuses the API key")


class ModelNotFound(BackendError):
    """The server does not have the model that was asked for."""

    kind = "model_not_found"
    default_title = N_("The server does not have this model")


class RequestRejected(BackendError):
    """The server rejects the request; the subclasses are the reasons that are told apart."""

    kind = "rejected"
    default_title = N_("The server rejects the request")


class ContextExceeded(RequestRejected):
    """The conversation has more tokens than the model's context."""

    kind = "context_exceeded"
    default_title = N_("The conversation is longer than the model's context")


class TooManyMedia(RequestRejected):
    """The conversation has more pictures or videos than the server takes."""

    kind = "too_many_media"
    default_title = N_("More pictures or videos than the server takes in one conversation")


class RequestTooLarge(RequestRejected):
    """The server, or a gateway before it, takes fewer bytes at once (413)."""

    kind = "request_too_large"
    default_title = N_("The message has more bytes than the server or a gateway takes at once")


class MediaCacheMiss(RequestRejected):
    """The server no longer holds a picture or video that the request left out."""

    kind = "media_cache_miss"
    default_title = N_("The server no longer has this picture or video")


class ServerOverloaded(BackendError):
    """The server is too busy to answer. ``rest_seconds`` is how long it asks to be left alone; 0 where it does not say."""

    kind = "overloaded"
    default_title = N_("The server is too busy")
    rest_seconds: float = 0.0


class ServerFailed(BackendError):
    """The server failed while it was answering."""

    kind = "server_failed"
    default_title = N_("The server failed while answering")


class ServerStalled(BackendError):
    """The server has stopped responding."""

    kind = "stalled"
    default_title = N_("The server has stopped responding")


class ServerError(MinicpmTuiError):
    """A server cannot be started or used; the subclasses say why."""

    kind = "server"
    default_title = N_("The server cannot be used")


class VllmMissing(ServerError):
    """vLLM is not installed."""

    kind = "vllm_missing"
    default_title = N_("vLLM is not installed")


class ModelMissing(ServerError):
    """There is no model to serve."""

    kind = "model_missing"
    default_title = N_("There is no model")


class PortTaken(ServerError):
    """The server's port is already in use."""

    kind = "port_taken"
    default_title = N_("The port is already in use")


class StartFailed(ServerError):
    """vLLM did not start."""

    kind = "start_failed"
    default_title = N_("vLLM did not start")


class ServerNotFound(ServerError):
    """There is no such server."""

    kind = "server_not_found"
    default_title = N_("No such server")


class BatchError(MinicpmTuiError):
    """The batch cannot run."""

    kind = "batch"
    default_title = N_("The batch cannot run")


class BatchStopped(BatchError):
    """The batch has stopped in the middle: it has answers."""

    default_title = N_("The batch has stopped")

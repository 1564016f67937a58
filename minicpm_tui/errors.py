"""Everything that can go wrong, in words a user can act on.

::

    MinicpmTuiError               title, message, hint, kind; exit status 1
     ├─ UsageError                the command line asks for something impossible; exit status 2
     │   └─ NameTaken                 a file of this name is there and is not to be replaced
     ├─ EditorFailed              the user's own editor could not be run, or failed
     ├─ ConfigError               config.toml, an environment variable or a theme is not usable
     ├─ StorageError              the disk is full, read-only or not ours
     ├─ MediaError                a file that cannot be sent
     │   ├─ MediaNotFound             nothing readable there
     │   ├─ MediaUnsupported          neither a picture nor a video we can read
     │   ├─ MediaDamaged              looks like one, but cannot be decoded
     │   └─ MediaTooLarge             more pixels, bytes or frames than is sane
     ├─ SessionError              a saved conversation
     │   ├─ SessionNotFound           no such id, or several begin so
     │   ├─ SessionLocked             another program is writing it
     │   └─ SessionDamaged            it cannot be read, or an import is hostile
     ├─ BackendError              a reply did not come
     │   ├─ ServerUnreachable         refused, no such host, proxy in the way; nothing was sent
     │   ├─ NotAServer                something answers, but not an OpenAI-compatible server
     │   ├─ AuthenticationFailed      401 or 403
     │   ├─ ModelNotFound             404 for the model
     │   ├─ RequestRejected           a 4xx that changing the request mends
     │   │   ├─ ContextExceeded           more tokens than max_model_len
     │   │   ├─ TooManyMedia              --limit-mm-per-prompt
     │   │   └─ MediaCacheMiss            a uuid that the server has forgotten
     │   ├─ ServerOverloaded          429 or 503: try again
     │   ├─ ServerFailed              5xx, an error inside the stream, or a broken stream
     │   └─ ServerStalled             nothing for longer than the stall limit
     ├─ ServerError               a local vLLM
     │   ├─ VllmMissing               no usable vllm command
     │   ├─ ModelMissing              no such model folder, or not a model
     │   ├─ PortTaken                 another process listens there
     │   ├─ StartFailed               it ended before it was ready
     │   └─ ServerNotFound            no such server id
     └─ BatchError                a batch that cannot start or resume

Texts are translated when the error is made. ``str(error)`` is the one line that is shown.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from minicpm_tui.i18n import N_, _


class ErrorInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error as it is written to journals and ``--json`` output."""

    kind: str
    title: str
    message: str = ""
    hint: str = ""

    def line(self) -> str:
        """The one line that a user reads: what happened, to what, and what to do next."""
        text = _("{title}: {message}").format(title=self.title, message=self.message) if self.message else self.title
        return f"{text} — {self.hint}" if self.hint else text


class MinicpmTuiError(Exception):
    """Base of all errors that a user is shown as one line.

    Args:
        message: what it is about (a path, a URL, the server's own words); one line.
        hint: what to do next; one line.
        title: what happened, when the class's own title is too general.
    """

    kind: ClassVar[str] = "error"
    default_title: ClassVar[str] = N_("Error")
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str = "", *, hint: str = "", title: str = "") -> None:
        self.title = title or _(self.default_title)
        self.message = " ".join(message.split())
        self.hint = hint
        super().__init__(self.info.line())

    @property
    def info(self) -> ErrorInfo:
        """The error as plain data: its kind, title, message and hint."""
        return ErrorInfo(self.kind, self.title, self.message, self.hint)


class UsageError(MinicpmTuiError):
    """What was typed or asked for is not valid; the exit status is 2."""

    kind = "usage"
    default_title = N_("Wrong usage")
    exit_status = 2


class EditorFailed(MinicpmTuiError):
    """The user's own editor could not be run, or failed."""

    kind = "editor_failed"
    default_title = N_("Editor")


class NameTaken(UsageError):
    """A file of the chosen name exists already."""

    kind = "name_taken"
    default_title = N_("There is a file of this name already")


class ConfigError(MinicpmTuiError):
    """The configuration is invalid."""

    kind = "config"
    default_title = N_("The configuration is invalid")


class StorageError(MinicpmTuiError):
    """Something could not be written to disk."""

    kind = "storage"
    default_title = N_("Cannot write to disk")


class MediaError(MinicpmTuiError):
    """A file cannot be sent to the model; the subclasses say why."""

    kind = "media"
    default_title = N_("This file cannot be sent")


class MediaNotFound(MediaError):
    """A picture or video to be sent does not exist."""

    kind = "media_not_found"
    default_title = N_("No such file")


class MediaUnsupported(MediaError):
    """A file to be sent is neither a picture nor a video."""

    kind = "media_unsupported"
    default_title = N_("Neither a picture nor a video")


class MediaDamaged(MediaError):
    """A picture or video to be sent is damaged."""

    kind = "media_damaged"
    default_title = N_("The file is damaged")


class MediaTooLarge(MediaError):
    """A picture or video is too large to be sent."""

    kind = "media_too_large"
    default_title = N_("The file is too large")


class SessionError(MinicpmTuiError):
    """A saved session cannot be used; the subclasses say why."""

    kind = "session"
    default_title = N_("The session cannot be used")


class SessionNotFound(SessionError):
    """There is no such session."""

    kind = "session_not_found"
    default_title = N_("No such session")


class SessionLocked(SessionError):
    """The session is open elsewhere."""

    kind = "session_locked"
    default_title = N_("The session is open elsewhere")


class SessionDamaged(SessionError):
    """The session's files are damaged."""

    kind = "session_damaged"
    default_title = N_("The session is damaged")


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


class MediaCacheMiss(RequestRejected):
    """The server no longer holds a picture or video that the request left out."""

    kind = "media_cache_miss"
    default_title = N_("The server no longer has this picture or video")


class ServerOverloaded(BackendError):
    """The server is too busy to answer."""

    kind = "overloaded"
    default_title = N_("The server is too busy")


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

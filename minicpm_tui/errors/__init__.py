"""Everything that can go wrong, in words a user can act on.

::

    MinicpmTuiError               title, message, hint, kind; exit status 1
     ├─ UsageError                the command line asks for something impossible; exit status 2
     │   └─ NameTaken                 a file of this name is there and is not to be replaced
     ├─ EditorFailed              the user's own editor could not be run, or failed
     ├─ ConfigError               config.toml, an environment variable or a theme is not usable
     ├─ StorageError              the disk is full, read-only or not ours
     ├─ TransferError             what was sent from another machine did not arrive
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
     │   │   ├─ RequestTooLarge           413, also a gateway's
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

from minicpm_tui.errors.base import (
    ConfigError,
    EditorFailed,
    ErrorInfo,
    MinicpmTuiError,
    NameTaken,
    StorageError,
    TransferError,
    UsageError,
)
from minicpm_tui.errors.saved import (
    MediaDamaged,
    MediaError,
    MediaNotFound,
    MediaTooLarge,
    MediaUnsupported,
    SessionDamaged,
    SessionError,
    SessionLocked,
    SessionNotFound,
)
from minicpm_tui.errors.serving import (
    AuthenticationFailed,
    BackendError,
    BatchError,
    BatchStopped,
    ContextExceeded,
    MediaCacheMiss,
    ModelMissing,
    ModelNotFound,
    NotAServer,
    PortTaken,
    RequestRejected,
    RequestTooLarge,
    ServerError,
    ServerFailed,
    ServerNotFound,
    ServerOverloaded,
    ServerStalled,
    ServerUnreachable,
    StartFailed,
    TooManyMedia,
    VllmMissing,
)

__all__ = [
    "AuthenticationFailed",
    "BackendError",
    "BatchError",
    "BatchStopped",
    "ConfigError",
    "ContextExceeded",
    "EditorFailed",
    "ErrorInfo",
    "MediaCacheMiss",
    "MediaDamaged",
    "MediaError",
    "MediaNotFound",
    "MediaTooLarge",
    "MediaUnsupported",
    "MinicpmTuiError",
    "ModelMissing",
    "ModelNotFound",
    "NameTaken",
    "NotAServer",
    "PortTaken",
    "RequestRejected",
    "RequestTooLarge",
    "ServerError",
    "ServerFailed",
    "ServerNotFound",
    "ServerOverloaded",
    "ServerStalled",
    "ServerUnreachable",
    "SessionDamaged",
    "SessionError",
    "SessionLocked",
    "SessionNotFound",
    "StartFailed",
    "StorageError",
    "TooManyMedia",
    "TransferError",
    "UsageError",
    "VllmMissing",
]

"""Errors about what lies on the disk: files to be sent, and saved conversations."""

from __future__ import annotations

from minicpm_tui.errors.base import MinicpmTuiError
from minicpm_tui.i18n import N_


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

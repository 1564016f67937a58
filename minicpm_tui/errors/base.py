"""What every error is, and those that belong to no room."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from minicpm_tui.i18n import N_, _
from minicpm_tui.redaction import hide


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
    """Base of all errors that a user is shown as one line. Known API keys are taken out of it.

    Args:
        message: what it is about (a path, a URL, the server's own words); one line.
        hint: what to do next; one line.
        title: what happened, when the class's own title is too general.
    """

    kind: ClassVar[str] = "error"
    default_title: ClassVar[str] = N_("Error")
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str = "", *, hint: str = "", title: str = "") -> None:
        self.title = hide(title or _(self.default_title))
        self.message = " ".join(hide(message).split())
        self.hint = hide(hint)
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


class TransferError(MinicpmTuiError):
    """What was sent from another machine did not arrive."""

    kind = "transfer"
    default_title = N_("The file did not arrive")

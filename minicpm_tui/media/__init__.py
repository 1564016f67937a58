"""What a file is, and preparing it for a model: pictures, videos, PDF pages; previews. Blocking: call it from threads."""

from minicpm_tui.media.expansion import expand
from minicpm_tui.media.inspection import inspect
from minicpm_tui.media.prepare import prepare
from minicpm_tui.media.spec import (
    AttachmentSpec,
    Cancelled,
    MediaInfo,
    MediaKind,
    MediaLimits,
    PreparationCancelled,
    Prepared,
    Progress,
)

__all__ = [
    "AttachmentSpec",
    "Cancelled",
    "MediaInfo",
    "MediaKind",
    "MediaLimits",
    "PreparationCancelled",
    "Prepared",
    "Progress",
    "expand",
    "inspect",
    "prepare",
]

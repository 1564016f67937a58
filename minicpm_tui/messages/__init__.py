"""Messages, their parts, the tree of turns, reply events and the request a conversation becomes. Pure: no disk, no network."""

from minicpm_tui.messages.ending import Ending, EndKind, ending_of, message_ending
from minicpm_tui.messages.events import ABORT, Delta, DeltaKind, End, Notice, ReplyEvent, Usage
from minicpm_tui.messages.message import Message, Role
from minicpm_tui.messages.parts import (
    Blob,
    BlobReader,
    Frame,
    ImagePart,
    MediaPart,
    MemoryBlobs,
    Part,
    Source,
    TextPart,
    VideoPart,
    media_of,
    text_of,
)
from minicpm_tui.messages.profile import RequestOptions, RequestProfile
from minicpm_tui.messages.tree import Tree

__all__ = [
    "ABORT",
    "Blob",
    "BlobReader",
    "Delta",
    "DeltaKind",
    "End",
    "EndKind",
    "Ending",
    "Frame",
    "ImagePart",
    "MediaPart",
    "MemoryBlobs",
    "Message",
    "Notice",
    "Part",
    "ReplyEvent",
    "RequestOptions",
    "RequestProfile",
    "Role",
    "Source",
    "TextPart",
    "Tree",
    "Usage",
    "VideoPart",
    "ending_of",
    "media_of",
    "message_ending",
    "text_of",
]

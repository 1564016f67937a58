"""What a pane or screen asks of the program: posted to it, carried out by the app and the chat screen.

Post them from anywhere (``self.app.post_message(OpenSession(…))``); a modal screen may dismiss itself first.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.message import Message


class OpenSession(Message):
    """Continue a saved session; ``session_id`` is whole."""

    def __init__(self, session_id: str) -> None:
        super().__init__()
        self.session_id = session_id


class UseServer(Message):
    """Talk with another server from now on; the conversation stays.

    ``api_key`` is for servers that this program started; others find theirs by the settings. ``model`` is empty for the
    server's own.
    """

    def __init__(self, url: str, model: str = "", api_key: str = "") -> None:
        super().__init__()
        self.url = url
        self.model = model
        self.api_key = api_key


class ServerLoading(Message):
    """The server at ``url`` is loading ``model``; ``UseServer`` follows when it is ready, or ``ServerLost``."""

    def __init__(self, url: str, model: str) -> None:
        super().__init__()
        self.url = url
        self.model = model


class Asked(Message, bubble=False):
    """The user asks a server something: what else is asked of it gives way. For the server's pane."""


class ServerLost(Message):
    """The server at ``url`` has ended; ``problem`` is one line that says why."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__()
        self.url = url
        self.problem = problem


class Attach(Message):
    """Put files, folders, globs or URLs on the next message."""

    def __init__(self, what: Sequence[str | Path]) -> None:
        super().__init__()
        self.what = tuple(str(item) for item in what)


class WriteText(Message):
    """Put ``text`` into the composer, after what is there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class CopyText(Message):
    """Put ``text`` on the clipboard of the user's own terminal; ``what`` names it in the notice (translated)."""

    def __init__(self, text: str, what: str = "") -> None:
        super().__init__()
        self.text = text
        self.what = what


class StartBatch(Message):
    """Ask the same about many pictures: the marked files ``paths``, or the folder that they are; nothing: the user will say."""

    def __init__(self, paths: Sequence[Path] = ()) -> None:
        super().__init__()
        self.paths = tuple(paths)


class BatchNews(Message):
    """``words`` on the batches that run, empty for none; ``ended`` says how one has just ended, ``failed`` that not all is
    well."""

    def __init__(self, words: str, ended: str = "", *, failed: bool = False) -> None:
        super().__init__()
        self.words = words
        self.ended = ended
        self.failed = failed


class Writable(Message):
    """The field that the screen opens with has the keyboard: what was typed until now goes there."""

"""The files of a message on their way to what is sent: for which limits, with what share of the room, in which thread.

The tray, ``ask``, ``rerun`` and ``batch`` prepare files here and nowhere else. What is made of one file is ``media.prepare``'s.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from minicpm_tui.chat.events import Preparing
from minicpm_tui.chat.limits import SHORT_QUESTION, limits_under
from minicpm_tui.chat.sharing import File, MessageFile, alike, limits_beside, outgrown
from minicpm_tui.errors import MediaError
from minicpm_tui.media.spec import AttachmentSpec, Cancelled, MediaInfo, MediaLimits, Prepared, Progress
from minicpm_tui.messages import Message, RequestOptions

if TYPE_CHECKING:
    from minicpm_tui.chat.connect import Connection

Attachment = Prepared | AttachmentSpec

Instead = Callable[[int, MediaError], Prepared]

_ROUNDS = 3
"""Times that a file is prepared at most while the shares settle."""


class Preparer:
    """Makes files ready for one model and server.

    ``limits`` are those of a whole message; None while no server is known. Each file gets what the others leave of them.
    """

    def __init__(self, limits: MediaLimits | None = None) -> None:
        self.limits = limits

    def refresh(
        self, connection: Connection, options: RequestOptions, above: Sequence[Message], text: int = SHORT_QUESTION
    ) -> None:
        """From now on for a message below the messages ``above``: after a reply, for another server, with other options.

        ``text`` are the tokens of the message's text.
        """
        self.limits = limits_under(connection, options, above, text)

    # -- a message that goes out as it is: ``ask``, ``rerun``, ``batch`` -----------------------------------------------------

    async def prepare_all(
        self, attachments: Sequence[Attachment], emit: Callable[[Preparing], None], instead: Instead | None = None
    ) -> list[Prepared]:
        """The attachments ready to be sent, made in a thread; those that are ready pass through. ``emit`` is told how far it is.

        Cancelling stops the thread at its next step. Raises as ``prepare`` does.
        """
        loop = asyncio.get_running_loop()
        stop = threading.Event()

        def progress(file: MessageFile, fraction: float) -> None:
            place = files.index(file)
            loop.call_soon_threadsafe(emit, Preparing(name_of(file.spec), place, len(files), fraction))

        files = [_file(each) for each in attachments]
        try:
            return await asyncio.to_thread(self.prepare, files, progress=progress, cancelled=stop.is_set, instead=instead)
        finally:
            stop.set()

    def prepare(
        self,
        files: Sequence[MessageFile],
        *,
        progress: Callable[[MessageFile, float], None] | None = None,
        cancelled: Cancelled | None = None,
        instead: Instead | None = None,
    ) -> list[Prepared]:
        """Make all ``files`` of a message ready: each once, and again where its share changes. Blocks.

        ``instead`` gives what is sent in the place of one that cannot be prepared, by its index. Raises MediaError, what
        ``instead`` raises, and PreparationCancelled after ``cancelled`` said so.
        """
        limits = self.limits
        assert limits is not None, "no server is known"
        for _round in range(_ROUNDS):
            waiting = [file for file in files if file.prepared is None] or outgrown(limits, files)
            for file in waiting:
                own = limits_beside(limits, files, file)
                tell = partial(progress, file) if progress else None
                try:
                    file.take(_made(file, own, tell, cancelled), own)
                except MediaError as error:
                    if instead is None:
                        raise
                    file.prepared, file.fixed = instead(files.index(file), error), True
            if not waiting:
                break
        return [file.prepared for file in files if file.prepared is not None]

    # -- a message that is still being written: the tray ----------------------------------------------------------------------

    def outgrown(self, files: Sequence[File]) -> list[File]:
        """Which of a message's ``files`` are ready and have more or less room now: they have to be prepared anew."""
        return outgrown(self.limits, files) if self.limits is not None else []

    async def prepare_one(
        self,
        file: MessageFile,
        files: Sequence[MessageFile],
        *,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
        inspected: Callable[[], None] | None = None,
    ) -> bool:
        """Make ``file`` ready beside the others of its message's ``files``, in a thread. It is opened once.

        ``inspected`` is called in that thread as soon as ``file.info`` is known. False, and not ready, while no server is known,
        and when ``limits`` are for another model meanwhile. Raises MediaError; PreparationCancelled after ``cancelled`` said so.
        """

        def know(info: MediaInfo) -> None:
            file.info = info
            if inspected:
                inspected()

        if self.limits is None:
            if file.info is None and file.spec.path is not None:
                know(await asyncio.to_thread(_inspected, file.spec.path))
            return False
        own = limits_beside(self.limits, files, file)
        made = await asyncio.to_thread(_made, file, own, progress, cancelled, know if file.info is None else None)
        if not self._agrees(own):
            return False
        file.take(made, own)
        return True

    def _agrees(self, limits: MediaLimits) -> bool:
        """What was made for ``limits`` can still be sent; its share may have changed."""
        return self.limits is not None and alike(self.limits, limits)


def _made(
    file: MessageFile,
    own: MediaLimits,
    progress: Progress | None,
    cancelled: Cancelled | None,
    inspected: Callable[[MediaInfo], None] | None = None,
) -> Prepared:
    """What is sent of ``file`` within its ``own`` limits. Blocks; the one place that prepares anything."""
    from minicpm_tui.media import prepare

    if progress:
        progress(0.0)
    return prepare(file.spec, own, progress=progress, cancelled=cancelled, inspected=inspected)


def _inspected(path: Path) -> MediaInfo:
    from minicpm_tui.media import inspect

    return inspect(path)


def name_of(spec: AttachmentSpec) -> str:
    """What to call it before it is prepared."""
    return spec.path.name if spec.path is not None else spec.url or ""


def _file(attachment: Attachment) -> MessageFile:
    if isinstance(attachment, Prepared):
        return MessageFile(AttachmentSpec(), prepared=attachment, fixed=True)
    return MessageFile(attachment)

"""Where a file is read: in this process when that is surely cheap, else in a worker.

The rule: a still JPEG, PNG or WebP whose header says that decoding takes at most ``HERE_BYTES`` (a JPEG or PNG of 16 megapixels)
is read here, in the thread that asks, because starting a process would take longer. Everything else is read in a worker, with a
limit on memory and on time: what has frames, pages or compression of its own to lie with tells in no header what it takes.
A worker reads everything itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from minicpm_tui.errors import MediaDamaged, MediaError, MediaTooLarge
from minicpm_tui.i18n import _
from minicpm_tui.media.cost import decoded_bytes
from minicpm_tui.media.opened import Opened
from minicpm_tui.media.safe_open import shown
from minicpm_tui.media.spec import Cancelled, Progress
from minicpm_tui.media.workers.place import at_work
from minicpm_tui.text import format_bytes

if TYPE_CHECKING:
    from minicpm_tui.media.workers.pool import Pool

HERE_BYTES = 64_000_000
GLANCE_SECONDS = 20.0
"""For what is only looked at: a preview, a size, a count of pages."""

_MOST_WORKERS = 4


def is_read_here(opened: Opened) -> bool:
    """See the rule above."""
    if at_work():
        return True
    needed = decoded_bytes(opened)
    return needed is not None and needed <= HERE_BYTES


def read_in_worker(
    job: str,
    opened: Opened,
    arguments: tuple[Any, ...],
    *,
    seconds: float | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    told: Callable[[bytes], None] | None = None,
) -> list[bytes]:
    """What ``job`` of ``jobs.py`` makes of the file that is open and the ``arguments``; ``told`` gets what it tells meanwhile.

    Blocks, for ``seconds`` at most where they are given. Raises MediaError as the job does; MediaTooLarge where it takes too much
    memory or time, MediaDamaged where it breaks the decoder; PreparationCancelled.
    """
    from minicpm_tui.media.workers.limits import Limits, affordable, confined
    from minicpm_tui.media.workers.worker import Listener, SystemKilledIt, TookTooLong, TookTooMuchMemory, WorkerDied

    limits = Limits(affordable()) if seconds is None else Limits(affordable(), seconds, seconds)
    name, limit = shown(opened.path), confined()
    try:
        return _pool().run(job, arguments, limits, Listener(progress, cancelled, told))
    except TookTooLong:
        raise too_slow(opened) from None
    except SystemKilledIt:
        said, hint = _("{name}: the system ended its reader"), _("reduce its size first, or end other programs")
        raise _too_much(said.format(name=name), hint) from None
    except TookTooMuchMemory:
        size = format_bytes(min(limits.memory, limit or limits.memory))
        raise _too_much(_("{name}: more than {size}").format(name=name, size=size), _("reduce its size first")) from None
    except (MediaDamaged, WorkerDied) as error:
        if limit is not None:  # many decoders tell the two apart no more than we can
            said = _("{name}: more than {size}, or it is damaged").format(name=name, size=format_bytes(limit))
            raise _too_much(said, _("raise the limit on memory (ulimit -v), or reduce its size")) from None
        if isinstance(error, MediaDamaged):
            raise
        title, hint = _("Reading this file went wrong"), _("open it in another program and save it again")
        raise MediaDamaged(f"{name}: {error}", title=title, hint=hint) from None


def _too_much(said: str, hint: str) -> MediaError:
    return MediaTooLarge(said, title=_("Reading this file takes too much memory"), hint=hint)


def too_slow(opened: Opened) -> MediaError:
    """The error for a file that takes too long, with what helps."""
    if opened.kind == "video":
        title, hint = _("Reading this video takes too long"), _("send a part of it: set start and end")
    elif opened.kind == "pdf":
        title, hint = _("Drawing this page takes too long"), _("save it as a picture first")
    else:
        title, hint = _("Reading this picture takes too long"), _("save it as JPEG or PNG first")
    return MediaTooLarge(shown(opened.path), title=title, hint=hint)


@cache
def _pool() -> Pool:
    from minicpm_tui.media.workers.pool import Pool

    return Pool("minicpm_tui.media.jobs", max(2, min(_MOST_WORKERS, os.cpu_count() or 2)))

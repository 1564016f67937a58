"""Writing files so that a crash, a full disk or a second program cannot spoil them."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from minicpm_tui.decoding import DecodingError, read_bounded
from minicpm_tui.errors import NameTaken, StorageError
from minicpm_tui.i18n import _
from minicpm_tui.paths import cache_dir, config_dir, data_dir, expanded, state_dir

PRIVATE_FILE = 0o600
PRIVATE_DIR = 0o700

T = TypeVar("T")


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` inside into a ``StorageError`` that names ``path`` and says what to do."""
    try:
        yield
    except OSError as error:
        ours = any(path.is_relative_to(folder) for folder in (config_dir(), data_dir(), cache_dir(), state_dir()))
        hints = {
            errno.ENOSPC: _("free some space on this disk"),
            errno.EDQUOT: _("your disk quota is used up: free some space"),
            errno.EROFS: _("the disk is read-only: set MINICPM_TUI_HOME to a writable folder")
            if ours
            else _("the disk is read-only: choose another folder"),
            errno.EACCES: _("check the permissions, or set MINICPM_TUI_HOME to a folder of your own")
            if ours
            else _("check the permissions, or choose another folder"),
        }
        hint = hints.get(error.errno or 0, "")
        raise StorageError(f"{path}: {error.strerror or error}", hint=hint) from error


def make_private_dir(path: Path) -> Path:
    """Create ``path`` (and its parents) readable by its owner alone. Raises StorageError."""
    with storage_errors(path):
        path.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
    return path


def whole_path(path: Path) -> Path:
    """``path`` from the root on, ``~`` for the home folder understood. Links stay as they are, but before a ``..``."""
    path = expanded(path)
    return path.parent.resolve() / path.name if ".." in path.parts else path.absolute()


def refuse_taken(path: Path, hint: str = "") -> None:
    """Raises NameTaken when there is something at ``path``; ``hint`` says what replaces it, ``--overwrite`` unless given."""
    if os.path.lexists(path):
        raise _taken(path, hint)


def _taken(path: Path, hint: str = "") -> NameTaken:
    return NameTaken(str(whole_path(path)), hint=hint or _("choose another name, or replace it with --overwrite"))


def sync_dir(path: Path) -> None:
    """Make the names in folder ``path`` durable. File systems that cannot are left alone."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def replace_file(
    path: Path, data: bytes | Iterable[bytes], *, mode: int = PRIVATE_FILE, overwrite: bool = True, part: Path | None = None
) -> None:
    """Replace ``path`` by ``data`` at once: a temporary file, fsync, rename. Raises StorageError.

    A reader sees the old bytes or the new ones, never a part. The name is durable after ``sync_dir``. Without ``overwrite`` a
    file that is there stays, and NameTaken is raised. ``part`` names the temporary file, where one writer at a time is sure.
    """
    with storage_errors(path):
        if part is None:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
        else:
            handle, name = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode), str(part)
        try:
            with os.fdopen(handle, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.writelines([data] if isinstance(data, bytes) else data)
                file.flush()
                os.fsync(file.fileno())
            give_name(Path(name), path, overwrite=overwrite)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise


def give_name(finished: Path, path: Path, *, overwrite: bool) -> None:
    """Rename ``finished`` to ``path`` at once. Raises OSError, or NameTaken without ``overwrite`` when ``path`` is there."""
    if overwrite:
        finished.replace(path)
        return
    refuse_taken(path)
    try:
        os.link(finished, path)  # which, unlike a rename, fails when another program has taken the name by now
    except FileExistsError:
        raise _taken(path) from None
    except OSError:  # a file system without links
        rename_as_new(finished, path)
    else:
        finished.unlink()


def rename_as_new(source: Path, path: Path) -> None:
    """Rename the file ``source`` to ``path``, which needs no links. Raises OSError, or NameTaken when ``path`` is there.

    Of several threads and programs that want one name one gets it: by way of an empty file, which ``path`` is for a moment.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
    except FileExistsError:
        raise _taken(path) from None
    try:
        source.replace(path)
    except BaseException:
        path.unlink()
        raise


def write_durably(
    path: Path, data: bytes | Iterable[bytes], *, mode: int = PRIVATE_FILE, overwrite: bool = True, part: Path | None = None
) -> None:
    """``replace_file``, and its name is on the disk too when this returns. Raises StorageError, NameTaken."""
    replace_file(path, data, mode=mode, overwrite=overwrite, part=part)
    sync_dir(path.parent)


def write_state(path: Path, value: object) -> None:
    """Replace ``path`` durably by ``value`` as JSON, which ``read_state`` reads. Raises StorageError."""
    from minicpm_tui.exact_json import encode_exactly  # the first paint needs no such file

    write_durably(path, encode_exactly(value))


def read_state(path: Path, kind: type[T]) -> T | None:
    """What this program wrote at ``path`` as JSON; None when it is not there or cannot be read.

    A damaged file is set aside as ``NAME.damaged`` and said, once: what was lost with it is not made again in silence.
    """
    from minicpm_tui.exact_json import decode_exactly

    try:
        return decode_exactly(read_bounded(path), kind)
    except OSError:
        return None
    except DecodingError as error:
        aside = path.with_name(f"{path.name}.damaged")
        with contextlib.suppress(OSError):
            path.replace(aside)
        _listener(_("{path} was damaged ({why}); it is {aside} now").format(path=path, why=error, aside=aside.name))
        return None


def _on_stderr(words: str) -> None:
    print(f"minicpm-tui: {words}", file=sys.stderr, flush=True)


_listener: Callable[[str], None] = _on_stderr


def listen(listener: Callable[[str], None] | None) -> None:
    """Hand what is said of damaged files to ``listener``, called from any thread; None is stderr, as at first."""
    global _listener
    _listener = listener or _on_stderr


class LockHeld(Exception):
    """Another program holds the lock; ``holder`` is ``host:pid`` where known."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class FileLock:
    """One writer at a time: flock on ``path``, or where the file system has none, a file that names host and pid.

    ``mode`` is that of the file, less the umask; one that is ``passing`` is removed when it is given back.
    Raises LockHeld from ``acquire`` unless ``wait``; StorageError when the lock file cannot be made.
    """

    def __init__(self, path: Path, *, mode: int = PRIVATE_FILE, passing: bool = False) -> None:
        self.path = path
        self._mode = mode
        self._passing = passing
        self._handle: int | None = None
        self._owner_file: Path | None = None

    def acquire(self, *, wait: bool = False) -> Self:
        """Take the lock, or with ``wait`` block until it is free."""
        with storage_errors(self.path):
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, self._mode)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 300, 0).decode(errors="replace").strip()
            os.close(handle)
            raise LockHeld(holder) from None
        except OSError:
            os.close(handle)
            self._claim_by_name()
            return self
        if self._passing and not _is_named(handle, self.path):  # who held it has removed it meanwhile
            os.close(handle)
            return self.acquire(wait=wait)
        self._handle = handle
        with contextlib.suppress(OSError):  # the name only helps to say who holds it; a full disk is the writer's to report
            os.ftruncate(handle, 0)
            os.pwrite(handle, _me().encode(), 0)
        return self

    def release(self) -> None:
        """Give the lock back; does nothing where it is not held."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, 0)
                if self._passing:
                    self.path.unlink()
            os.close(self._handle)
            self._handle = None
        if self._owner_file is not None:
            self._owner_file.unlink(missing_ok=True)
            self._owner_file = None

    def _claim_by_name(self) -> None:
        owner = self.path.with_name(self.path.name + ".owner")
        for _attempt in range(2):
            try:
                handle = os.open(owner, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            except FileExistsError:
                holder = owner.read_text(errors="replace").strip()
                if not _is_gone(holder):
                    raise LockHeld(holder) from None
                owner.unlink(missing_ok=True)
                continue
            with os.fdopen(handle, "w") as file:
                file.write(_me())
            self._owner_file = owner
            return
        raise LockHeld("")

    def __enter__(self) -> Self:
        return self.acquire(wait=True) if self._handle is None and self._owner_file is None else self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def _is_named(handle: int, path: Path) -> bool:
    """Whether ``path`` names the file that is open as ``handle``."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _me() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _is_gone(holder: str) -> bool:
    """True only for a process of this very host that no longer runs."""
    host, _sep, pid = holder.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return not Path(f"/proc/{pid}").exists()

"""The socket of a running program: in a folder that its user alone can enter, one for each program.

A client sends a file's bytes and closes its side; it is answered with one line of JSON: ``{"path": …}`` or ``{"error": …}``.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from minicpm_tui import paths
from minicpm_tui.errors import StorageError
from minicpm_tui.files import make_private_dir, storage_errors

_ENDING = ".sock"
CHUNK = 1 << 16


class ProgramSocket:
    """Listens for other commands of the same user. Raises StorageError where no folder can hold it."""

    def __init__(self) -> None:
        problem: StorageError | None = None
        for folder in paths.runtime_dirs():
            try:
                self.path, self._listener = _listen(folder)
            except StorageError as error:
                problem = error
            else:
                return
        raise problem or StorageError()

    def accept(self, seconds: float) -> socket.socket | None:
        """Whoever connects within ``seconds``; None for nobody, and for another user. Raises OSError once it is closed."""
        self._listener.settimeout(seconds)
        try:
            caller, _address = self._listener.accept()
        except TimeoutError:
            return None
        if _user_of(caller) != os.getuid():
            caller.close()
            return None
        return caller

    def used(self) -> None:
        """The user is in front of this program: it is the one that is meant from now on."""
        with contextlib.suppress(OSError):
            os.utime(self.path)

    @property
    def meant(self) -> bool:
        """Of the programs that run the user was in front of this one last."""
        return next(candidates(), self.path) == self.path

    def close(self) -> None:
        """Listen no more."""
        self.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # who waits in ``accept`` is woken
        self._listener.close()


def candidates() -> Iterator[Path]:
    """The sockets of this user's programs, the one that was used last first; some may belong to programs that are gone."""
    found: list[tuple[float, Path]] = []
    for folder in paths.runtime_dirs():
        with contextlib.suppress(OSError):
            found += [(path.lstat().st_mtime, path) for path in folder.glob(f"*{_ENDING}") if path.is_socket()]
    for _time, path in sorted(found, reverse=True):
        yield path


def connect(path: Path) -> socket.socket | None:
    """A connection to the program that listens at ``path``; None when it is gone, and its socket is then removed."""
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(path) as name:
            caller.connect(name)
    except OSError:
        caller.close()
        if not Path(f"/proc/{path.stem}").exists():
            path.unlink(missing_ok=True)
        return None
    return caller


def _listen(folder: Path) -> tuple[Path, socket.socket]:
    make_private_dir(folder)
    path = folder / f"{os.getpid()}{_ENDING}"
    making = path.with_suffix(".new")  # whoever finds a socket can connect to it: it has its name once it listens
    with storage_errors(path):
        folder.chmod(0o700)
        making.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with _short(making) as name:
                listener.bind(name)
            making.chmod(0o600)
            listener.listen()
            making.replace(path)
        except BaseException:
            listener.close()
            raise
    return path, listener


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """``path`` in the 107 bytes that an address may have (unix(7)), by way of its folder's descriptor."""
    handle = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{path.name}"
    finally:
        os.close(handle)


def _user_of(caller: socket.socket) -> int:
    """The user id of the process at the other end."""
    credentials = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])

"""The command that copies files from the user's own machine into the inbox here."""

from __future__ import annotations

import getpass
import os
import re
import shlex
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from minicpm_tui import paths
from minicpm_tui.files import make_private_dir
from minicpm_tui.text import printable

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def scp_line(missing: Sequence[str], environ: Mapping[str, str] = os.environ) -> str:
    """What to type on the user's own machine to bring ``missing`` (paths there) here.

    The address is the one that its ssh has reached, as ``SSH_CONNECTION`` tells (ssh(1)), else this machine's name.
    """
    options, login = _login(environ)
    return _line("scp", *options, *map(_quoted, missing), f"{login}:{shlex.quote(_from_home(paths.inbox_dir()))}/")


def fetch_line(path: Path, environ: Mapping[str, str] = os.environ) -> str:
    """What to type on the user's own machine to bring ``path``, a file here, into the folder where one is there."""
    options, login = _login(environ)
    return _line("scp", *options, f"{login}:{shlex.quote(_from_home(path))}", ".")


def _line(*words: str) -> str:
    return printable(" ".join(words)).replace("\n", " ")


def _login(environ: Mapping[str, str]) -> tuple[list[str], str]:
    """The options that reach this machine, and who and where."""
    host, port = _reached(environ)
    return ["-P", port] if port != "22" else [], f"{user}@{host}" if (user := _user()) else host


def prepared_line(missing: Sequence[str]) -> str:
    """``scp_line``, and the inbox is there to be copied into (blocks). Raises StorageError."""
    make_private_dir(paths.inbox_dir())
    return scp_line(missing)


def _reached(environ: Mapping[str, str]) -> tuple[str, str]:
    """Address and port."""
    match environ.get("SSH_CONNECTION", "").split():
        case [_client, _client_port, address, port]:
            return (f"[{address}]" if ":" in address else address), port
        case _:
            return socket.gethostname(), "22"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return ""


def _from_home(path: Path) -> str:
    """``path`` from the home folder on where it lies there: scp begins in it."""
    return str(path.relative_to(Path.home())) if path.is_relative_to(Path.home()) else str(path)


def _quoted(path: str) -> str:
    """As the shell of the machine that ``path`` is from reads it; Windows knows double quotes alone."""
    if _WINDOWS.match(path):
        return f'"{path}"'
    if path.startswith("~/"):
        return f"~/{shlex.quote(path.removeprefix('~/'))}"
    return shlex.quote(path)

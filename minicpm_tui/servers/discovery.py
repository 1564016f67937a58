"""Finding the ``vllm`` command and its version. vLLM itself is never imported: it may live in an environment of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from minicpm_tui.errors import VllmMissing
from minicpm_tui.i18n import _
from minicpm_tui.versions import at_least

MINIMUM = "0.7.1"
INSTALL = "pip install 'vllm>=0.7.1'"
_VERSION_SECONDS = 10.0


@dataclass(frozen=True)
class Vllm:
    """A ``vllm`` command. ``version`` is empty when nothing told it; ``cpu`` marks a build for the processor alone."""

    path: Path
    version: str = ""

    @property
    def cpu(self) -> bool:
        """True for a build such as ``0.33.0+cpu``, which needs no GPU."""
        return "cpu" in self.version.partition("+")[2]

    @property
    def ok(self) -> bool:
        """Whether it is new enough for this program; an unknown version is taken for the newest."""
        return not self.version or at_least(self.version, MINIMUM)


def find(setting: str = "", environ: Mapping[str, str] | None = None) -> Vllm | None:
    """The command of the setting, the active environment or PATH, with its version. May take seconds: not on the event loop.

    Raises VllmMissing when the setting names something that cannot be run.
    """
    environ = os.environ if environ is None else environ
    for path in _candidates(setting, environ):
        return Vllm(path, version_of(path))
    return None


def require(setting: str = "", environ: Mapping[str, str] | None = None) -> Vllm:
    """The vLLM that ``find`` finds. Raises VllmMissing, with the install line, when there is none or it is too old."""
    found = find(setting, environ)
    if found is None:
        raise VllmMissing(_("no vllm command on PATH"), hint=_("install it: {command}").format(command=INSTALL))
    if not found.ok:
        message = _("{path} is version {version}, but {minimum} is needed").format(
            path=found.path, version=found.version, minimum=MINIMUM
        )
        raise VllmMissing(message, title=_("vLLM is too old"), hint=_("upgrade it: {command}").format(command=INSTALL))
    return found


def _candidates(setting: str, environ: Mapping[str, str]) -> Iterator[Path]:
    if setting:
        found = shutil.which(str(Path(setting).expanduser()), path=environ.get("PATH"))
        if not found:
            raise VllmMissing(setting, hint=_("vllm_command in config.toml is not a command that can be run"))
        yield Path(found)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if (root := environ.get(variable)) and os.access(path := Path(root) / "bin" / "vllm", os.X_OK):
            yield path
    if on_path := shutil.which("vllm", path=environ.get("PATH")):
        yield Path(on_path)


def version_of(command: Path) -> str:
    """From the ``vllm-*.dist-info`` beside its interpreter, else what ``vllm --version`` says within ten seconds; else empty."""
    for folder in _site_packages(command):
        for found in sorted(folder.glob("vllm-*.dist-info")):
            return found.name.removeprefix("vllm-").removesuffix(".dist-info")
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [command, "--version"], capture_output=True, text=True, errors="replace", timeout=_VERSION_SECONDS, check=True
        )
        for line in reversed(done.stdout.splitlines()):
            if match := re.fullmatch(r"(?:vllm\s+)?v?(\d+\.\d+\S*)", line.strip()):
                return match.group(1)
    return ""


def has_package(command: Path, name: str) -> bool:
    """Whether a package lies beside the interpreter of ``command``; True where its folder cannot be found."""
    folders = list(_site_packages(command))
    return not folders or any((folder / name).is_dir() or next(folder.glob(f"{name}-*.dist-info"), None) for folder in folders)


def interpreter(command: Path) -> Path | None:
    """The Python that the command's first line names."""
    try:
        with command.open("rb") as file:
            head = file.readline(500)
    except OSError:
        return None
    words = head[2:].decode(errors="replace").split() if head.startswith(b"#!") else []
    if len(words) > 1 and Path(words[0]).name == "env":
        found = shutil.which(words[-1])
        return Path(found) if found else None
    return Path(words[0]) if words and "python" in words[0] else None


def _site_packages(command: Path) -> Iterator[Path]:
    roots = [command.parent.parent, command.resolve().parent.parent]
    if python := interpreter(command):
        roots.append(python.parent.parent)
    for root in dict.fromkeys(roots):
        yield from sorted(root.glob("lib/python3*/site-packages"))

"""Finding the ``vllm`` command and its version. vLLM itself is never imported: it may live in an environment of its own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from minicpm_tui.errors import VllmMissing
from minicpm_tui.i18n import _
from minicpm_tui.paths import expanded
from minicpm_tui.servers import asked_version
from minicpm_tui.versions import at_least

MINIMUM = "0.7.1"
INSTALL = "pip install 'vllm>=0.7.1'"
_PACKAGE_FOLDERS = ("lib/python3*/site-packages", "lib64/python3*/site-packages", "lib/python3*/dist-packages")
_WRAPPER_BYTES = 8192
_ROOT = re.compile(rb"""([/$~][^\s"';:=]*)/bin/(?:vllm|activate|python[\d.]*)(?=[\s"';]|$)""")


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
        found = shutil.which(str(expanded(setting)), path=environ.get("PATH"))
        if not found:
            raise VllmMissing(setting, hint=_("vllm_command in config.toml is not a command that can be run"))
        yield Path(found)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if (root := environ.get(variable)) and os.access(path := Path(root) / "bin" / "vllm", os.X_OK):
            yield path
    if on_path := shutil.which("vllm", path=environ.get("PATH")):
        yield Path(on_path)


def version_of(command: Path) -> str:
    """From the ``vllm-*.dist-info`` beside its interpreter or the one that a wrapper names, else what the command says.

    Empty when nothing tells. Blocks, at most for ten seconds and once.
    """
    for folder in _site_packages(command):
        for found in sorted(folder.glob("vllm-*.dist-info")):
            return found.name.removeprefix("vllm-").removesuffix(".dist-info")
    return asked_version.ask(command)


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
    roots = [command.parent.parent, command.resolve().parent.parent, *_named_roots(command)]
    if python := interpreter(command):
        roots.append(python.parent.parent)
    for root in dict.fromkeys(roots):
        for pattern in _PACKAGE_FOLDERS:
            yield from sorted(root.glob(pattern))


def _named_roots(command: Path) -> list[Path]:
    """Environments that a wrapper script names: ``exec /opt/vllm/bin/vllm "$@"``, ``source /opt/vllm/bin/activate``."""
    try:
        with command.open("rb") as file:
            text = file.read(_WRAPPER_BYTES)
    except OSError:
        return []
    if not text.startswith(b"#!"):
        return []
    return [expanded(os.path.expandvars(root.decode(errors="replace"))) for root in _ROOT.findall(text)]

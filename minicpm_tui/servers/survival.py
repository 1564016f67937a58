"""Whether a kept server outlives the login: some machines end everything of a user, or of a job, when that ends."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

from minicpm_tui.i18n import _

_LOGIND = ("/usr/lib/systemd/logind.conf", "/run/systemd/logind.conf", "/etc/systemd/logind.conf")
_JOBS = {"SLURM_JOB_ID": "Slurm", "PBS_JOBID": "PBS", "LSB_JOBID": "LSF", "JOB_ID": "Grid Engine", "OAR_JOB_ID": "OAR"}


def warnings(environ: Mapping[str, str] | None = None, root: Path = Path("/")) -> list[tuple[str, str]]:
    """Title and hint of each reason why a server would be ended together with this login or job."""
    environ = os.environ if environ is None else environ
    found = []
    for variable, name in _JOBS.items():
        if environ.get(variable):
            title = _("this is a {name} job: servers end with it").format(name=name)
            found.append((title, _("submit a separate job for a server that is to keep running")))
    if environ.get("XDG_SESSION_ID") and kills_user_processes(root) and not _lingers(environ, root):
        title = _("this machine stops all your processes when you log out (KillUserProcesses=yes)")
        found.append((title, _("run loginctl enable-linger, or start the program with systemd-run --user --scope")))
    return found


def kills_user_processes(root: Path = Path("/")) -> bool:
    """What systemd-logind is told; later files win, as in logind.conf(5)."""
    files = [root / name.lstrip("/") for name in _LOGIND]
    for folder in [file.with_name("logind.conf.d") for file in files]:
        files += sorted(folder.glob("*.conf"))
    answer = False
    for path in files:
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        try:
            parser.read_string(path.read_text(errors="replace"))
            answer = parser.getboolean("Login", "KillUserProcesses", fallback=answer)
        except (OSError, ValueError, configparser.Error):
            continue
    return answer


def _lingers(environ: Mapping[str, str], root: Path) -> bool:
    user = environ.get("USER") or environ.get("LOGNAME") or ""
    return bool(user) and (root / "var/lib/systemd/linger" / user).exists()

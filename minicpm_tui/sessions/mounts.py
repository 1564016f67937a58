"""Whether a folder lies on a network file system."""

from __future__ import annotations

import re
from pathlib import Path

_NETWORK = {
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "ncpfs",
    "ocfs2", "gfs2", "orangefs", "pvfs2", "panfs", "wekafs", "virtiofs", "davfs", "coda",
}  # fmt: skip
_MOUNTINFO = Path("/proc/self/mountinfo")


def on_network(path: Path, mountinfo: str | None = None) -> bool:
    """True where several machines may see the same file, or where we cannot tell (FUSE): no SQLite WAL there.

    ``mountinfo`` is the text of ``/proc/self/mountinfo`` (proc_pid_mountinfo(5)), read unless given.
    """
    try:
        text = _MOUNTINFO.read_text(errors="replace") if mountinfo is None else mountinfo
    except OSError:
        return True
    target, best, kind = path.resolve(), -1, ""
    for line in text.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        place = Path(re.sub(r"\\(\d{3})", lambda match: chr(int(match.group(1), 8)), fields[4]))
        if target.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), after.split(" ")[0]
    return kind in _NETWORK or kind.startswith("fuse")

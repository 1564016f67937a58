"""What iTerm2 does when it is asked for an upload, by its documentation, and what it saves."""

from __future__ import annotations

import base64
import io
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

_SENT = re.compile(r"\x1b\]1337;(?:(RequestUpload=format=tgz)|File=name=([^;]*);size=(\d+);inline=0:([^\x07]*))\x07")


def packed(files: Mapping[str, bytes | tarfile.TarInfo]) -> bytes:
    """A tar.gz of ``files``; a ``TarInfo`` is put in as it is, without bytes."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, data in files.items():
            member = data if isinstance(data, tarfile.TarInfo) else tarfile.TarInfo(name)
            if isinstance(data, bytes):
                member.size = len(data)
            archive.addfile(member, io.BytesIO(data) if isinstance(data, bytes) else None)
    return target.getvalue()


@dataclass
class UploadTerminal:
    """``archive`` is what its user chooses; None: nothing. ``saved`` are the files that it was told to save."""

    archive: bytes | None
    end: str = "\n"
    width: int = 76
    asked: int = 0
    saved: dict[str, bytes] = field(default_factory=dict)
    _cut: str = ""

    def answer(self, written: str) -> str:
        """What it sends for what the program has ``written``, which may be cut anywhere."""
        written, out, end = self._cut + written, "", 0
        for found in _SENT.finditer(written):
            end = found.end()
            if found[1]:
                self.asked += 1
                out += self.upload()
            else:
                data = base64.b64decode(found[4])
                assert len(data) == int(found[3])
                self.saved[base64.b64decode(found[2]).decode()] = data
        begun = written.rfind("\x1b]1337;", end)
        self._cut = written[begun:] if begun >= 0 else written[max(end, len(written) - 7) :]
        return out

    def upload(self) -> str:
        """What comes once its user has chosen."""
        if self.archive is None:
            return f"abort{self.end}"
        text = base64.b64encode(self.archive).decode()
        lines = [text[start : start + self.width] for start in range(0, len(text), self.width)]
        return self.end.join(["ok", *lines, "", ""])

"""What each server is known to have: pictures and videos it need not be sent again, and what it cannot do.

One small file a server, version and model in the cache folder, so that the next process knows. Losing it costs one more upload.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec

from minicpm_tui import paths
from minicpm_tui.backends.facts import ServerFacts
from minicpm_tui.errors import StorageError
from minicpm_tui.files import make_private_dir, read_state, write_durably

MISSES_LIMIT = 3
MIB = 1 << 20
USUAL_LIMITS = tuple(count * MIB for count in (1, 2, 4, 5, 8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 256))
"""Bytes that gateways and frameworks are set to."""
LEAST_LIMIT = 32 * 1024
"""Bytes: what refuses less has another reason than a limit."""
BODY_LIMIT_SECONDS = 24 * 3600.0
"""A gateway may have been set otherwise since: after so long a larger request is tried again."""
ACKNOWLEDGED_LIMIT = 5000
"""Digests remembered, newest last; a server's own cache holds fewer pictures."""


class _State(msgspec.Struct):
    """``started`` names the start of the server that the rest but ``no_stop_ids``, the limits and ``accepted_bytes`` is true of.

    ``body_limit_at``: seconds since the epoch.
    """

    started: str = ""
    acknowledged: dict[str, None] = {}
    no_bare: set[str] = set()
    misses: int = 0
    no_stop_ids: bool = False
    limits: dict[str, int] = {}
    slicing: tuple[int, int] | None = None
    accepted_bytes: int = 0
    body_limit: int | None = None
    body_limit_at: float = 0.0


class MediaMemory:
    """Blocks when it reads and writes its file: ``load`` and ``save`` belong into threads.

    ``changed`` says that there is something to save.
    """

    def __init__(self, facts: ServerFacts, model: str, folder: Path | None = None) -> None:
        key = "\n".join((facts.url, facts.version or "", model))
        self._path = (folder or paths.cache_dir() / "media-memory") / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
        self._facts = facts
        self._state = _State()
        self._loaded = False
        self.changed = False

    def load(self) -> None:
        """Read what earlier processes learned, once; what belongs to an earlier start of the server is forgotten."""
        if self._loaded:
            return
        self._loaded = True
        self._state = read_state(self._path, _State) or _State()
        if not self._state.started:
            self._state.no_bare, self._state.misses = set(), 0
        self.server_started(self._facts.started)

    def save(self) -> None:
        """Write it down, if that is possible."""
        self.changed = False
        with contextlib.suppress(StorageError):
            make_private_dir(self._path.parent)
            write_durably(self._path, msgspec.json.encode(self._state))

    def server_started(self, started: str) -> None:
        """The server says when it was started: another time than before means that it has forgotten everything."""
        if started and started != self._state.started:
            state = self._state
            keep = {} if state.started else state.acknowledged
            self._state = _State(
                started=started,
                acknowledged=keep,
                no_stop_ids=state.no_stop_ids,
                limits=state.limits,
                accepted_bytes=state.accepted_bytes,
                body_limit=state.body_limit,
                body_limit_at=state.body_limit_at,
            )

    def bare(self, media: Iterable[tuple[str, str]]) -> set[str]:
        """Which of the (kind, uuid) pairs can be named without their bytes."""
        if not self._facts.takes_uuids or self._state.misses >= MISSES_LIMIT:
            return set()
        return {uuid for kind, uuid in media if uuid in self._state.acknowledged and kind not in self._state.no_bare}

    def acknowledge(self, uuids: Collection[str], *, bare: bool) -> None:
        """The server has answered a request with ``uuids``; ``bare`` when some of them had no bytes."""
        self.changed |= bool(uuids)
        for uuid in uuids:
            self._state.acknowledged.pop(uuid, None)
            self._state.acknowledged[uuid] = None
        for oldest in list(self._state.acknowledged)[:-ACKNOWLEDGED_LIMIT]:
            del self._state.acknowledged[oldest]
        if bare:
            self._state.misses = 0

    def missed(self, uuids: Collection[str]) -> None:
        """The server did not have one of ``uuids``: it does not say which."""
        self.changed = True
        self._state.misses += 1
        for uuid in uuids:
            self._state.acknowledged.pop(uuid, None)

    def refuses_bare(self, kinds: Collection[str]) -> None:
        """A request with bare uuids failed that succeeded with the bytes.

        Where both kinds were bare the video is blamed: vLLM 0.25 takes pictures so, but no videos.
        """
        self.changed = True
        self._state.no_bare |= {"video"} if "video" in kinds else set(kinds)

    @property
    def no_stop_ids(self) -> bool:
        """The server rejects the family's stop token ids."""
        return self._state.no_stop_ids

    def refuses_stop_ids(self) -> None:
        """The server answered 400 about the family's stop token ids: later requests go without them."""
        self.changed = True
        self._state.no_stop_ids = True

    @property
    def slicing(self) -> tuple[int, int] | None:
        """Into how many slices the server cuts a picture at most, and the side in pixels of what a token stands for (0: fixed).

        None until it has counted a picture otherwise than the family does.
        """
        return self._state.slicing

    def learn_slicing(self, max_slices: int, token_side: int) -> None:
        """The server's count of a picture's tokens has told how it cuts them; true until it is started anew."""
        self.changed = True
        self._state.slicing = (max_slices, token_side)

    @property
    def limits(self) -> dict[str, int]:
        """How many of a kind (``image``, ``video``) the server takes in one prompt, as far as it has said."""
        return dict(self._state.limits)

    def learn_limit(self, kind: str, limit: int) -> None:
        """A refusal named ``limit`` as the most of ``kind`` (``image``, ``video``) that one prompt may hold."""
        self.changed |= self._state.limits.get(kind) != limit
        self._state.limits[kind] = limit

    @property
    def body_limit(self) -> int | None:
        """The most bytes of one request that the server, or what stands before it, takes; None where that is not known."""
        past = time.time() - self._state.body_limit_at > BODY_LIMIT_SECONDS
        return None if past else self._state.body_limit

    def took_bytes(self, size: int) -> None:
        """A request of ``size`` bytes was taken."""
        if size > self._state.accepted_bytes:
            self.changed |= size > MIB // 2  # below that no limit is looked for
            self._state.accepted_bytes = size

    def refused_bytes(self, size: int, named: int | None = None) -> None:
        """A request of ``size`` bytes was too large; ``named`` is the limit that the refusal tells, or makes likely.

        Else a usual limit below ``size`` is assumed, above what was taken before; the next refusal lowers it.
        """
        if size <= LEAST_LIMIT:
            return
        least = self._state.accepted_bytes
        if least >= size:  # the limit was lowered meanwhile
            least = self._state.accepted_bytes = 0
        if named is None or not least <= named < size:
            named = max((each for each in USUAL_LIMITS if least <= each < size), default=(least + size) // 2)
        named = max(named, LEAST_LIMIT)
        self.changed = True
        self._state.body_limit, self._state.body_limit_at = named, time.time()

"""When a refused request is sent again, and how: the design's rules for uuids, stop ids and busy servers, without any network."""

from __future__ import annotations

from dataclasses import dataclass

from minicpm_tui import errors
from minicpm_tui.backends.body import Payload, kind_of, payload_of
from minicpm_tui.backends.failures import Failure
from minicpm_tui.backends.memory import MediaMemory
from minicpm_tui.i18n import _
from minicpm_tui.messages.request import ChatRequest

REFUSED_WAITS = (0.3, 1.0)
"""Seconds before each new attempt at a refused connection."""
BUSY_WAITS = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each new attempt after a 503."""


@dataclass(frozen=True)
class Again:
    """Send it again after ``wait`` seconds; ``notice`` tells the user, when there is something to tell.

    ``restarted``: the server may have been started anew, which is worth asking.
    """

    wait: float = 0.0
    notice: str = ""
    restarted: bool = False


class Attempts:
    """The attempts at one request."""

    def __init__(self, request: ChatRequest, memory: MediaMemory, *, uuids: bool) -> None:
        self._memory = memory
        self._uuids = uuids
        self._request = request.without("stop_token_ids") if memory.no_stop_ids else request
        self._media = [(kind_of(part), part.uuid) for part in request.media if part.uuid is not None]
        self._bare = memory.bare(self._media)
        self._doubted: set[str] = set()
        self._drifted = False
        self._refused = self._busy = 0
        self.done = False
        self.sent = 0
        """Bytes of the body that have gone out with the latest attempt."""

    def payload(self) -> Payload:
        """What to send now."""
        self.sent = 0
        return payload_of(self._request, uuids=self._uuids, bare=self._bare)

    @property
    def doubtful(self) -> bool:
        """The server may answer 500, and the request goes out once more at once.

        uvicorn closes a connection after an unhandled exception without having said so: the next request must not use it.
        """
        return bool(self._bare) or self._drifted

    def again(self, failure: Failure, *, nothing_sent: bool = False) -> Again | None:
        """What to do after ``failure``, None when it stays. Nothing of the reply had arrived."""
        if failure.limit is not None:
            self._memory.learn_limit(failure.limit_kind, failure.limit)
        if isinstance(failure.error, errors.RequestTooLarge):
            self._memory.refused_bytes(self.sent, failure.body_limit)
            return None
        if nothing_sent:
            self._refused += 1
            return Again(REFUSED_WAITS[self._refused - 1]) if self._refused <= len(REFUSED_WAITS) else None
        if failure.status == 503 and isinstance(failure.error, errors.ServerOverloaded):
            self._busy += 1
            notice = _("The server is busy; trying again.")
            return Again(BUSY_WAITS[self._busy - 1], notice) if self._busy <= len(BUSY_WAITS) else None
        if failure.about_stop_ids and "stop_token_ids" in self._request.body:
            self._request = self._request.without("stop_token_ids")
            self._memory.refuses_stop_ids()
            self._drifted = bool(self._media)
            return Again()
        return self._with_bytes(failure)

    def answered(self) -> None:
        """The reply has begun: the server has all of the request's media now."""
        self.done = True
        self._memory.took_bytes(self.sent)
        if self._uuids:
            self._memory.acknowledge([uuid for _kind, uuid in self._media], bare=bool(self._bare))
        if self._doubted:
            self._memory.refuses_bare(self._doubted)
            self._doubted = set()

    def _with_bytes(self, failure: Failure) -> Again | None:
        """A request that relied on uuids, once more with everything."""
        if not self._bare:
            # A request that vLLM 0.32 rejected for its stop ids leaves its pictures in one of two caches that should agree; the
            # next one with them fails, and mends that.
            drifted, self._drifted = self._drifted, False
            return Again() if drifted and failure.status == 500 and not failure.explained else None
        if isinstance(failure.error, errors.MediaCacheMiss):
            self._memory.missed(self._bare)
            notice = _("The server no longer had the pictures of this conversation; they were sent again.")
        elif failure.status in {400, 500} and not failure.explained:
            self._doubted = {kind for kind, uuid in self._media if uuid in self._bare}
            notice = _("The server needs complete pictures and videos; they were sent again.")
        else:
            return None
        self._bare = set()
        return Again(notice=notice, restarted=True)

"""The media cache: what a ``uuid`` stands for, until newer ones push it out."""

from __future__ import annotations

import threading
from collections import OrderedDict

from minicpm_tui.demo.media import Seen


class MediaCache:
    """Remembers the last ``most`` pictures and videos by uuid; as in vLLM, the first bytes seen under a uuid stay its meaning."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.queries = 0
        self.hits = 0
        self._lock = threading.Lock()
        self._items: OrderedDict[tuple[str, str], Seen] = OrderedDict()

    def find(self, kind: str, uuid: str) -> Seen | None:
        """What ``uuid`` stands for, None when it is not known (any more)."""
        with self._lock:
            self.queries += 1
            seen = self._items.get((kind, uuid))
            if seen is not None:
                self.hits += 1
                self._items.move_to_end((kind, uuid))
            return seen

    def keep(self, uuid: str, seen: Seen) -> None:
        """Remember ``seen`` and forget the one unused for longest when there are too many."""
        with self._lock:
            self._items[seen.kind, uuid] = seen
            while len(self._items) > self.most:
                self._items.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._items.clear()

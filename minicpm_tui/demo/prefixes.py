"""The prefix cache: how much of a prompt was there in an earlier one."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

_MOST = 4096
_BLOCK = 16
"""vLLM keeps whole blocks of tokens."""


class PrefixCache:
    """Remembers the beginnings of conversations, message by message."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def cached(self, steps: Sequence[tuple[str, int]]) -> int:
        """Tokens of the longest known beginning; ``steps`` are the messages' contents, each with its tokens."""
        digest, tokens, longest = hashlib.sha256(), 0, 0
        with self._lock:
            for content, count in steps:
                digest.update(content.encode("utf-8", "replace") + b"\0")
                tokens += count
                name = digest.digest()
                if name in self._known:
                    longest = tokens
                self._known[name] = None
                self._known.move_to_end(name)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return longest // _BLOCK * _BLOCK

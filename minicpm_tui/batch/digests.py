"""Which ids have been seen, in 16 bytes an id: a hundred thousand take 1.6 MB."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b

_SIZE = 16


def digest(text: str) -> bytes:
    """16 bytes that stand for ``text``, which may hold lone surrogates."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=_SIZE).digest()


class DigestSet:
    """A frozen set of texts that keeps only their digests. 128 bits: two different ids never meet in practice."""

    def __init__(self, digests: Iterable[bytes] = ()) -> None:
        self._sorted = b"".join(sorted(digests))

    def __len__(self) -> int:
        return len(self._sorted) // _SIZE

    def __contains__(self, text: str) -> bool:
        return self.has(digest(text))

    def without(self, others: Iterable[bytes]) -> DigestSet:
        """Those whose digest is not among ``others``."""
        left_out = set(others)
        return DigestSet(each for place in range(len(self)) if (each := self._at(place)) not in left_out)

    def missing_from(self, other: DigestSet) -> int:
        """How many of these are not in ``other``."""
        return sum(not other.has(self._at(place)) for place in range(len(self)))

    def repeated(self) -> set[bytes]:
        """The digests that are there more than once."""
        return {self._at(place) for place in range(1, len(self)) if self._at(place) == self._at(place - 1)}

    def _at(self, place: int) -> bytes:
        return self._sorted[place * _SIZE : (place + 1) * _SIZE]

    def has(self, wanted: bytes) -> bool:
        """Whether the text of the digest ``wanted`` is among them."""
        place = bisect_left(range(len(self)), wanted, key=self._at)
        return place < len(self) and self._at(place) == wanted

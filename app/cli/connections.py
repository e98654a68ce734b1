"""How many connections one address may hold at a web process, so that nobody takes them all by opening them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Places:
    """Counts connections by address; `most` for each, 0 for as many as there are."""

    def __init__(self, most: int) -> None:
        self._most, self._held = most, Counter[str]()

    @contextmanager
    def one(self, address: str) -> Iterator[bool]:
        """Whether the address may hold one more, which it does until the block ends."""
        if self._most and self._held[address] >= self._most:
            yield False
            return
        self._held[address] += 1
        try:
            yield True
        finally:
            self._held[address] -= 1
            if not self._held[address]:
                del self._held[address]

"""How many connections one address may hold at a web process, so that nobody takes them all by opening them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gunicorn.workers.ggevent import GeventWorker

from app.config import Settings


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


class WebWorker(GeventWorker):  # type: ignore[misc]  # gunicorn tells no types
    """gunicorn's co-operative worker, which hangs up on an address that holds too many connections already.

    Behind a reverse proxy every connection is the proxy's: there the proxy counts (`docs/operations.md`).
    """

    def init_process(self) -> None:
        settings = Settings.from_env()
        self.places = Places(0 if settings.proxies else settings.connections_per_address)
        super().init_process()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        address = addr[0] if isinstance(addr, tuple) else ""
        with self.places.one(address) as free:
            if free:
                super().handle(listener, client, addr)
            else:
                client.close()

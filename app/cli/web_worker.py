"""The worker of the web server; nobody but gunicorn imports it, since it brings the co-operative world along."""

from __future__ import annotations

from typing import Any

from gunicorn.workers.ggevent import GeventWorker

from app.cli.connections import Places
from app.config import Settings


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

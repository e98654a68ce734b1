"""The worker of the web server; nobody but gunicorn imports it, since it brings the co-operative world along."""

from __future__ import annotations

import ssl
from functools import cached_property
from typing import Any

from gunicorn.sock import ssl_context
from gunicorn.workers.ggevent import GeventWorker

from app.cli.connections import Places
from app.cli.handshakes import shake_hands
from app.config import Settings


class WebWorker(GeventWorker):  # type: ignore[misc]  # gunicorn tells no types
    """gunicorn's co-operative worker, which hangs up on an address that holds too many connections already, and on who
    takes too long to shake hands.

    Behind a reverse proxy every connection is the proxy's: there the proxy counts (`docs/operations.md`).
    """

    def init_process(self) -> None:
        settings = Settings.from_env()
        self.places = Places(0 if settings.proxies else settings.connections_per_address)
        super().init_process()

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        return ssl_context(self.cfg).context if self.cfg.is_ssl else None

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        address = addr[0] if isinstance(addr, tuple) else ""
        with self.places.one(address) as free:
            if free and (line := shake_hands(client, self.tls) if self.tls else client) is not None:
                super().handle(listener, line, addr)
            else:
                client.close()

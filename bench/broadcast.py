"""The peer of `hall`, a WSGI application: python-socketio alone. A POST goes to everybody, in the bytes asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import socketio

NAMESPACE = "/live"

server = socketio.Server(async_mode="gevent", cors_allowed_origins="*")
server.on("connect", lambda _sid, _environ, _auth: None, namespace=NAMESPACE)
server.on("case.join", lambda _sid, _message: {"cursor": "", "missed": []}, namespace=NAMESPACE)


def tell(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
    if environ["REQUEST_METHOD"] == "POST":
        body = "x" * int(environ["QUERY_STRING"].removeprefix("size="))
        frame = {"type": "step", "at": datetime.now(UTC).isoformat(), "html": body, "cursor": ""}
        server.emit("case.changed", [frame], namespace=NAMESPACE)
    start_response("204 No Content", [])
    return []


app = socketio.WSGIApp(server, tell)

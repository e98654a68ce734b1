"""A live channel of one case in one process: keeps scores by command id, and what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import socketio
from werkzeug.serving import make_server


@dataclass
class SmallChannel:
    """`swallow` acknowledgements are never sent: the line breaks after the score was kept."""

    server: socketio.Server = field(default_factory=lambda: socketio.Server(async_mode="threading"))
    joins: list[dict[str, Any]] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    swallow: int = 0

    def __post_init__(self) -> None:
        self.server.on("case.join", self.join, namespace="/live")
        self.server.on("score.save", self.save, namespace="/live")
        self.server.on("connect", lambda sid, environ, auth: None, namespace="/live")

    def join(self, sid: str, sent: dict[str, Any]) -> dict[str, Any]:
        self.joins.append(sent)
        self.server.enter_room(sid, sent["case"], namespace="/live")
        return {"cursor": f"c{len(self.joins)}", "missed": []}

    def save(self, sid: str, sent: dict[str, Any]) -> dict[str, Any]:
        self.received.append(sent)
        self.kept[sent["command_id"]] = sent["value"]
        if sent["criterion"] == "forbidden":
            return {"error": {"code": "score_off_step", "message": "不符", "message_en": "off step"}}
        if self.swallow:
            self.swallow -= 1
            self.server.disconnect(sid, namespace="/live")
        return {"saved_at": "2026-01-01T00:00:00Z"}

    def change(self, cursor: str) -> None:
        self.server.emit("case.changed", [{"case": "c1", "cursor": cursor}], room="c1", namespace="/live")


@contextmanager
def channel_serving(channel: SmallChannel, port: int = 0) -> Iterator[str]:
    """The channel's address while it runs."""
    site = make_server("127.0.0.1", port, socketio.WSGIApp(channel.server), threaded=True)
    site.daemon_threads = True
    threading.Thread(target=site.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{site.server_port}"
    finally:
        site.shutdown()
        site.server_close()

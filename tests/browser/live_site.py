"""A small site with the live channel, and a scoring desk on it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask_socketio import SocketIO
from playwright.sync_api import Page
from small_site import SmallSite

DESK = """
{% from "components/scoring.html" import bid_list, criterion_score, desk_elsewhere, desk_unsent with context %}
{% block content %}
<div data-live-case="c1" data-live-cursor="cursor-0">
{{ desk_elsewhere() }}{{ desk_unsent() }}<div class="desk" data-scoring-desk data-case="c1" data-lot="1" data-seat="3">
<nav>{{ bid_list(sample.desk_bids) }}</nav>
<div class="panel">{% for criterion in sample.criteria %}{{ criterion_score(criterion, 'b2') }}{% endfor %}
<output data-score-total="b2"></output></div>
</div></div>
{% endblock %}
{% block scripts %}<script type="module" src="{{ asset('room.js') }}" nonce="{{ csp_nonce }}"></script>{% endblock %}
"""


@dataclass
class LiveSite(SmallSite):
    """A small site with the live channel; `cuts` is how many coming saves break the line before the answer;
    while `silent` is not set, none is answered."""

    joins: list[dict[str, Any]] = field(default_factory=list)
    saves: list[dict[str, Any]] = field(default_factory=list)
    cuts: int = 0
    silent: threading.Event | None = None
    refusing: bool = False
    away: int = 0  # how many coming saves find no database
    failing: str = ""  # the criterion whose scores meet an unknown fault
    socketio: SocketIO | None = None

    def _application(self) -> Flask:
        app = super()._application()
        self.socketio = SocketIO(app, async_mode="threading", transports=["websocket"])
        self.socketio.on_event("connect", lambda: not self.refusing, namespace="/live")
        self.socketio.on_event("case.join", self._join, namespace="/live")
        self.socketio.on_event("score.save", self._save, namespace="/live")
        self.socketio.on_event("desk.open", self._open_desk, namespace="/live")
        return app

    def _join(self, asked: dict[str, Any]) -> dict[str, str]:
        self.joins.append(asked)
        return {"cursor": f"cursor-{len(self.joins) - 1}"}

    def _open_desk(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"held": True, "at": "2026-03-03T02:30:00Z"}

    def _save(self, command: dict[str, Any]) -> dict[str, Any]:
        self.saves.append(command)
        if self.silent:
            self.silent.wait(30)
        if self.cuts:
            self.cuts -= 1
            self.break_line()
        if self.away:
            self.away -= 1
            return {"error": {"code": "database_away", "message": "暂时没有应答。"}}
        if command["criterion"] == self.failing:
            return {"error": {"code": "incident", "message": "出错，事件编号 0123。"}}
        if command["bid"] == "b1":
            return {"error": {"code": "score_stale", "message": "另一窗口已保存 20。"}}
        if command["value"] == "44.50":
            return {"error": {"code": "score_outside_bands", "message": "不在任何一档。", "message_en": "In no band."}}
        if command["value"] == "26.50":
            return {"error": {"code": "sheet_locked", "message": "评分表已锁定。"}}
        return {"saved_at": "2026-03-03T02:32:07Z"}

    def break_line(self) -> None:
        assert self.socketio
        assert self.socketio.server
        for line in list(self.socketio.server.eio.sockets.values()):
            line.close(wait=False, abort=True)

    def tell_saved(self) -> None:
        assert self.socketio
        self.socketio.emit("scores.saved", {"case": "c1", "lot": "1"}, namespace="/live")

    def tell(self, **frame: object) -> None:
        assert self.socketio
        self.socketio.emit("case.changed", [frame], namespace="/live")


def wait_for(page: Page, condition: Any) -> None:
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen in 10 s")

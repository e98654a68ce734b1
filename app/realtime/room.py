"""Socket events of a room: to be there, and to raise a hand. Who is there is fetched, like every other live part."""

from __future__ import annotations

from typing import Any

from app.extensions import access, socketio
from app.permissions.actions import Action
from app.realtime import lines
from app.realtime.lines import NAMESPACE
from app.realtime.live import asking, refused, socket_id, texts
from crypto.canonical import Json


def attach() -> None:
    """Bind the events; each declares its access like a route does."""
    socketio.on_event("presence.join", enter, namespace=NAMESPACE)
    socketio.on_event("presence.hand", raise_hand, namespace=NAMESPACE)


@access(Action.PRESENCE_KEEP)
def enter(sent: Any = None, *_more: Any) -> Json:
    """Be there, at the place that is one's own."""
    try:
        token, log_in = asking()
        case, lot = texts(sent, "case", "lot")
        line = lines.enter(socket_id(), token, log_in, case, lot)
        return {"seat": line.place.seat}
    except Exception as exc:
        return refused(exc)


@access(Action.PRESENCE_KEEP)
def raise_hand(sent: Any = None, *_more: Any) -> Json:
    """Raise a hand or lower it."""
    try:
        asking()
        up = isinstance(sent, dict) and sent.get("up") is True
        lines.raise_hand(socket_id(), up=up)
        return {"up": up}
    except Exception as exc:
        return refused(exc)

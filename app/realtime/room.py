"""Socket events of a room: to be there, to raise a hand, to send and to see pictures.

Who is there is fetched, like every other live part."""

from __future__ import annotations

import time
from typing import Any

from flask import request

from app.extensions import access, find_log_in, platform
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed
from app.queries.cases import load_case
from app.realtime import lines, pictures
from app.realtime.live import JOINING, SAYING, asking, bind, refused, socket_id, texts
from app.services.actors import authorize_or_record
from app.services.pictures import relays, start_camera, stop_camera
from crypto.canonical import Json


def attach() -> None:
    """Bind the events; each declares its access like a route does."""
    bind("presence.join", enter, JOINING)
    bind("presence.hand", raise_hand, JOINING)
    bind("pictures.open", open_pictures, JOINING)
    bind("pictures.signal", signal, SAYING)
    bind("camera.switch", switch_camera, JOINING)


@access(Action.PRESENCE_KEEP)
def enter(sent: Any = None, *_more: Any) -> Json:
    """Be there, at the place that is one's own."""
    try:
        token, log_in = asking()
        case, lot = texts(sent, "case", "lot")
        line = lines.enter(socket_id(), token, log_in, case, lot)
        return {"seat": line.place.seat, "up": line.up}
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


@access(Action.PICTURE_WATCH)
def open_pictures(sent: Any = None, *_more: Any) -> Json:
    """See pictures of a sitting; who has a place in its room is there by that."""
    try:
        token, log_in = asking()
        case_id, lot = texts(sent, "case", "lot")
        here = platform()
        with here.database.reading() as db_session:
            case = load_case(db_session, case_id)
        actor, line = find_log_in(token)[1], None
        authorize_or_record(here.database, actor, Action.PICTURE_WATCH, case, lot, request.remote_addr or "")
        if allowed(actor, Action.PRESENCE_KEEP, case, lot):
            line = lines.enter(socket_id(), token, log_in, case_id, lot)
        place, name = (line.place, line.id) if line else (None, "")
        peer = pictures.open_pictures(socket_id(), token, case, lot, place, name)
        return {"ice": relays(here.settings, peer.id, time.time()), **peer.told, "turn": peer.turn}
    except Exception as exc:
        return refused(exc)


@access(Action.PICTURE_WATCH)
def signal(sent: Any = None, *_more: Any) -> Json:
    """What one browser says to another, to find a way for a picture."""
    try:
        asking()
        to, kind, data = texts(sent, "to", "kind", "data")
        pictures.pass_on(pictures.peer_of(socket_id()), to, kind, data)
        return {}
    except Exception as exc:
        return refused(exc)


@access(Action.PICTURE_SEND)
def switch_camera(sent: Any = None, *_more: Any) -> Json:
    """Send the picture of one's site from here, or no more. The answer says whether it is sent from here as the lines
    were told it: another may have taken it over before they were."""
    try:
        _token, log_in = asking()
        on = isinstance(sent, dict) and sent.get("on") is True
        peer = pictures.peer_of(socket_id())
        if peer.place is None:
            raise NotAllowed(Action.PICTURE_SEND)
        if on:
            start_camera(platform(), log_in, peer.place, peer.id)
        else:
            stop_camera(platform(), peer.place, peer.id)
        pictures.tell(peer.case_id, peer.lot)
        return {"on": on and peer.told["own"] == "me"}
    except Exception as exc:
        return refused(exc)

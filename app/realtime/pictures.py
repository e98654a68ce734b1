"""Pictures between sites: who may see whom, and what two browsers say to each other to find a way.

The pictures go from browser to browser and never through here. What is passed on goes between a line that sends the
picture of a site and one that may see it, in one sitting; it is kept nowhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Any

from flask import current_app
from redis import RedisError

from app.adapters.passing import Passing
from app.casefile.case import Case
from app.extensions import find_log_ins, platform, socketio
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor
from app.queries.cases import load_case
from app.queries.pictures import Camera, Watching, cameras, sound_passes, sound_wanted, watching
from app.realtime.apart import apart
from app.realtime.lines import NAMESPACE, presence
from app.services.platform import Platform
from app.services.presences import Place
from crypto.canonical import Json

TO_CAMERA, TO_VIEWER = ("want", "answer", "ice", "bye"), ("offer", "ice", "bye")
LONGEST = 20_000  # characters of what two browsers say at once
_passing: dict[str, Passing] = {}  # by address of Redis


@dataclass
class Peer:
    """A line that sends or watches pictures. `id`: the name by which others know it; `place`: None for who only looks
    in; `hears`: whether the sound goes to it, as its cameras know; `told`, `seen`: the state and the cameras that it
    was last told, and when among all that this process tells: an answer may come after what was told while it was on
    its way, and a page that has waited too long for one opens the pictures again."""

    sid: str
    token: str
    case_id: str
    lot: str
    place: Place | None
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    told: dict[str, Any] = field(default_factory=dict)
    turn: int = 0
    seen: frozenset[str] = frozenset()
    hears: bool | None = None


@dataclass(frozen=True)
class Room:
    """A sitting's pictures as they stand."""

    case: Case
    lot: str
    cameras: tuple[Camera, ...]
    actors: dict[str, tuple[Actor, Watching]]  # by token

    def for_token(self, token: str) -> tuple[Camera, ...]:
        """The cameras that whoever holds this token may see."""
        return tuple(camera for camera in self.cameras if camera.site in self.actors[token][1].sites)

    def sound_for(self, token: str) -> bool | None:
        """Whether whoever holds this token hears what it sees now; None where it never does."""
        return sound_wanted(self.actors[token][1].hears, sound_passes(self.case, self.lot))

    def camera(self, name: str) -> Camera | None:
        return next((camera for camera in self.cameras if camera.id == name), None)


@dataclass
class Pictures:
    """Who sends or watches pictures of this installation by this process. `peers`: by name."""

    peers: dict[str, Peer] = field(default_factory=dict)
    turn: Lock = field(default_factory=Lock)
    turns: Iterator[int] = field(default_factory=count)


def pictures() -> Pictures:
    """The pictures of the installation that serves this request."""
    found: Pictures = current_app.extensions["tenderhall.pictures"]
    return found


def open_pictures(sid: str, token: str, case: Case, lot: str, place: Place | None, line: str) -> Peer:
    """A page opens the pictures of a sitting, which its person may see. `place`, `line`: where it is in the room."""
    close_pictures(sid)
    here, peer = pictures(), Peer(sid, token, case.id, lot, place)
    peer.id, peer.turn = line or peer.id, next(here.turns)
    with here.turn:
        room = look(case.id, lot, {token})
        peer.told, peer.hears = _state(peer, room), room.sound_for(token)
        peer.seen = frozenset(camera["id"] for camera in peer.told["cameras"])
        here.peers[peer.id] = peer
    presence().somebody_is_there.set()
    return peer


def peer_of(sid: str) -> Peer:
    """The peer of a socket. Raises NotAllowed for one that has opened no pictures."""
    for peer in list(pictures().peers.values()):
        if peer.sid == sid:
            return peer
    raise NotAllowed(Action.PICTURE_WATCH)


def close_pictures(sid: str) -> None:
    """A socket is gone: those who send to it need not go on."""
    for peer in [one for one in list(pictures().peers.values()) if one.sid == sid]:
        _end(peer)


def look(case_id: str, lot: str, tokens: set[str]) -> Room:
    """What stands, and what the holders of these tokens may see, each loaded anew."""
    here, found = platform(), find_log_ins(tokens)
    with here.database.reading() as db_session:
        case, now = load_case(db_session, case_id), here.database.now(db_session.connection())
        actors = {token: (found[token][1], watching(db_session, found[token][1], case, lot)) for token in tokens}
        return Room(case, lot, cameras(db_session, case, lot, now), actors)


def pass_on(peer: Peer, to: str, kind: str, data: str) -> None:
    """From one browser to another, if one of them sends a picture that the other may see.

    Raises RuleViolation `malformed`, NotAllowed.
    """
    if len(data) > LONGEST or kind not in {*TO_CAMERA, *TO_VIEWER}:
        raise RuleViolation("malformed", path="$.data", expected="text")
    room = look(peer.case_id, peer.lot, {peer.token})
    message = {"to": to, "from": peer.id, "case": peer.case_id, "lot": peer.lot, "kind": kind, "data": data}
    if kind in TO_CAMERA and any(camera.id == to for camera in room.for_token(peer.token)):
        _send({**message, "sound": room.sound_for(peer.token)})
    elif kind in TO_VIEWER and room.camera(peer.id) is not None:
        _send(message)  # whether the other may see it is asked where its line is
    elif kind != "bye":  # to say goodbye to who is gone already is no fault
        raise NotAllowed(Action.PICTURE_WATCH)


def tell_all() -> None:
    """What has changed of the pictures of every sitting, to the lines in this process."""
    rooms = {(peer.case_id, peer.lot) for peer in list(pictures().peers.values())}
    apart(rooms, lambda room: tell(*room))


def tell(case_id: str, lot: str) -> None:
    """To each line of one sitting in this process; a camera that it may see no more sends to it no more."""
    peers = [one for one in list(pictures().peers.values()) if (one.case_id, one.lot) == (case_id, lot)]
    if not peers:
        return
    with pictures().turn:  # what is found later is told later
        _tell(peers, look(case_id, lot, {peer.token for peer in peers}))


def _tell(peers: list[Peer], found: Room) -> None:
    for peer in peers:
        if not allowed(found.actors[peer.token][0], Action.PICTURE_WATCH, found.case, found.lot):
            _end(peer)
            socketio.emit("pictures.over", {}, to=peer.sid, namespace=NAMESPACE)
            continue
        state = _state(peer, found)
        if state == peer.told:
            continue
        seen = frozenset(camera["id"] for camera in state["cameras"])
        for camera in peer.seen - seen:
            _say_bye(peer, camera)
        hears = found.sound_for(peer.token)
        for camera in peer.seen & seen if hears != peer.hears else ():
            _say(peer, camera, "sound", sound=hears)
        peer.hears = hears
        peer.told, peer.seen, peer.turn = state, seen, next(pictures().turns)
        socketio.emit("pictures.state", {**state, "turn": peer.turn}, to=peer.sid, namespace=NAMESPACE)


def _state(peer: Peer, room: Room) -> dict[str, Any]:
    """The cameras of other places, whether members hear each other, who sends the picture of one's own site, and
    whether one's own was ended."""
    shown = [{"id": one.id, "site": one.site} for one in room.for_token(peer.token) if one.id != peer.id]
    mine = peer.place.site if peer.place is not None else ""
    sending = next((one for one in room.cameras if one.site == mine), None)
    own = "" if sending is None else "me" if sending.id == peer.id else "other"
    ended = peer.place is not None and peer.place.seat in room.case.lot(room.lot).picture_ends
    return {"cameras": shown, "sound": sound_passes(room.case, room.lot), "own": own, "ended": ended}


def _end(peer: Peer) -> None:
    pictures().peers.pop(peer.id, None)
    for camera in peer.seen:
        _say_bye(peer, camera)


def _say_bye(peer: Peer, camera: str) -> None:
    _say(peer, camera, "bye")


def _say(peer: Peer, camera: str, kind: str, **more: Any) -> None:
    """What the platform itself says to a camera for who watches it."""
    said = {"to": camera, "from": peer.id, "case": peer.case_id, "lot": peer.lot, "kind": kind, "data": ""}
    _send({**said, **more})


def _send(message: dict[str, Any]) -> None:
    """To the line of that name, in this process or another one."""
    if message["to"] in pictures().peers:
        deliver(message)
    elif (channel := _channel(platform())) is not None:
        channel.send(message)


def deliver(message: Json) -> None:
    """To a line of this process, if it is one of the same sitting that may see the camera."""
    if not isinstance(message, dict) or (peer := pictures().peers.get(str(message["to"]))) is None:
        return
    if (peer.case_id, peer.lot) != (message["case"], message["lot"]):
        return
    if "sound" not in message and message["kind"] != "bye":
        room = look(peer.case_id, peer.lot, {peer.token})
        if all(camera.id != message["from"] for camera in room.for_token(peer.token)):
            return
    told = {name: message[name] for name in ("from", "kind", "data", "sound") if name in message}
    socketio.emit("pictures.signal", told, to=peer.sid, namespace=NAMESPACE)


def _channel(here: Platform) -> Passing | None:
    url = here.settings.redis_url
    if url is None:
        return None
    if url not in _passing:
        _passing[url] = Passing(url, here.origin)
    return _passing[url]


def hear_others(pause: Callable[[float], object], seconds: float) -> None:
    """For as long as this process lives: what lines of other processes say to lines of this one."""
    while (channel := _channel(platform())) is not None:
        try:
            channel.hear(deliver)
        except RedisError:
            pause(seconds)

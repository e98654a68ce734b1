"""Lines of those who are in a room: asked every few seconds, so that all know who is there and how good each line is.

The answer goes through whatever the person's network does; a page in the background answers too, since nothing in it
has to wait for a timer. What this process hears it writes down, and reads what the others have written.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from logging import getLogger
from threading import Event, Lock
from typing import Any, NamedTuple

from flask import current_app

from app.casefile.case import Case
from app.extensions import find_log_ins, platform, socketio
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed
from app.procedure.presence import REMEMBERED, ROUND, figures
from app.procedure.roles import Actor
from app.queries.cases import load_case
from app.queries.presences import PlaceSeen, all_places, as_seen, view_digest
from app.realtime.apart import apart
from app.services import presences
from app.services.accounts import LogIn
from app.services.presences import Place
from crypto.canonical import digest

log = getLogger("tenderhall.lines")
NAMESPACE = "/live"
TOLD_EVERY = 0.2  # seconds: what happens in a room meanwhile is told at once


class Room(NamedTuple):
    """The room of a sitting."""

    case_id: str
    lot: str


@dataclass
class Line:
    """One socket of somebody who is in a room. `id`: its name among the lines; `up`: whether a hand was raised as it
    came; `asked_at`: of a question that has no answer yet; `told`: what it was last told of who is there."""

    sid: str
    token: str
    place: Place
    id: str
    up: bool
    answers: deque[int | None] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    asked_at: float | None = None
    told: str = ""

    @property
    def room(self) -> Room:
        return Room(self.place.case_id, self.place.lot)

    def ask(self) -> None:
        """What was asked before and has no answer counts as lost."""
        if self.asked_at is not None:
            self.answers.append(None)
        self.asked_at = time.monotonic()
        socketio.emit("presence.ask", {}, to=self.sid, namespace=NAMESPACE, callback=self._answered)

    def _answered(self, *_said: Any) -> None:
        if self.asked_at is not None:
            self.answers.append(int((time.monotonic() - self.asked_at) * 1000))
            self.asked_at = None


@dataclass
class Presence:
    """Who is in rooms of this installation by this process. `lines`: by socket; `changed`: rooms in which somebody has
    come, gone or moved, of which nobody was told yet; `told`: what stood, and for whom, when the lines of a room were
    told last.
    """

    lines: dict[str, Line] = field(default_factory=dict)
    changed: set[Room] = field(default_factory=set)
    told: dict[Room, str] = field(default_factory=dict)
    somebody_is_there: Event = field(default_factory=Event)
    something_changed: Event = field(default_factory=Event)
    turn: Lock = field(default_factory=Lock)


def presence() -> Presence:
    """The presence in the installation that serves this request."""
    found: Presence = current_app.extensions["tenderhall.presence"]
    return found


def enter(sid: str, token: str, log_in: LogIn, case_id: str, lot: str) -> Line:
    """A socket enters the room. Raises NotAllowed."""
    leave(sid)
    name = secrets.token_hex(8)
    place, up = presences.arrive(platform(), log_in, case_id, lot, name)
    line = Line(sid, token, place, name, up)
    presence().lines[sid] = line
    presence().somebody_is_there.set()
    _tell_soon(line.room)
    return line


def leave(sid: str) -> None:
    """A socket is gone, or has entered another room; others of the same place in this process answer on."""
    here = presence()
    line = here.lines.pop(sid, None)
    if line is None:
        return
    other = next((one.id for one in list(here.lines.values()) if one.place == line.place), "")
    presences.depart(platform(), line.place, line.id, other)
    _tell_soon(line.room)


def line_of(sid: str) -> Line:
    """The line of a socket that is in a room. Raises NotAllowed for another one."""
    line = presence().lines.get(sid)
    if line is None:
        raise NotAllowed(Action.PRESENCE_KEEP)
    return line


def raise_hand(sid: str, *, up: bool) -> None:
    """Raises NotAllowed for who is in no room, and for a witness."""
    line = line_of(sid)
    presences.raise_hand(platform(), line.place, line.id, up=up)
    _tell_soon(line.room)


def _tell_soon(room: Room) -> None:
    presence().changed.add(room)
    presence().something_changed.set()


def tell_changed() -> None:
    """Tell the lines of each room in which something has changed since the last time."""
    here = presence()
    here.something_changed.clear()
    rooms = set(here.changed)
    here.changed -= rooms  # before looking: what changes from here on is told the next time
    apart(rooms, tell)


def tell(room: Room) -> None:
    """Tell each line of a room in this process that what it may know of who is there has changed.

    Nobody is loaded anew where neither the case, nor the places, nor the lines are others than the last time.
    """
    here, database = presence(), platform().database
    with here.turn:
        lines = [one for one in list(here.lines.values()) if one.room == room]
        if not lines:
            here.told.pop(room, None)
            return
        with database.reading() as db_session:
            case, now = load_case(db_session, room.case_id), database.now(db_session.connection())
            places = all_places(db_session, case, room.lot, now)
        stands = digest([case.size, view_digest(places), sorted(line.id for line in lines)])
        if here.told.get(room) == stands:
            return
        actors = find_log_ins({line.token for line in lines})
        for line in lines:
            _tell_one(line, actors[line.token][1], case, places)
        here.told[room] = stands


def _tell_one(line: Line, actor: Actor, case: Case, places: Sequence[PlaceSeen]) -> None:
    if not allowed(actor, Action.PRESENCE_KEEP, case, line.place.lot):
        presence().lines.pop(line.sid, None)  # the sitting is over, or the seat is another's
        return
    seen = view_digest(as_seen(actor, case, line.place.lot, places))
    if seen != line.told:
        line.told = seen
        socketio.emit("presence.changed", {}, to=line.sid, namespace=NAMESPACE)


def ask_all(pause: Callable[[float], object]) -> None:
    """One round: everybody is asked, and a little later what was answered is written down and told."""
    here = presence()
    for line in list(here.lines.values()):
        line.ask()
    pause(ROUND.total_seconds())
    answered = [line for line in list(here.lines.values()) if line.answers and line.asked_at is None]
    if answered:
        heard = {line.place: (line.id, figures(tuple(line.answers))) for line in answered}
        presences.keep(platform(), heard, {line.id for line in answered})
    apart({line.room for line in list(here.lines.values())}, tell)

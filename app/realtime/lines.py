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
from typing import Any

from app.casefile.case import Case
from app.extensions import find_log_ins, platform, socketio
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed
from app.procedure.presence import REMEMBERED, ROUND, figures
from app.procedure.roles import Actor
from app.queries.cases import last_number, load_case
from app.queries.presences import PlaceSeen, all_places, as_seen, view_digest
from app.realtime.apart import apart
from app.services import presences
from app.services.accounts import LogIn
from app.services.platform import Platform
from app.services.presences import Place
from crypto.canonical import digest

log = getLogger("tenderhall.lines")
NAMESPACE = "/live"
TOLD_EVERY = 0.2  # seconds: what happens in a room meanwhile is told at once
somebody_is_there, something_changed = Event(), Event()
_lines: dict[str, Line] = {}  # by socket
_changed: set[Room] = set()  # rooms in which somebody has come, gone or moved, of which nobody was told yet
_told: dict[Room, str] = {}  # what stood, and for whom, when the lines of a room were told last
_turn = Lock()


@dataclass(frozen=True)
class Room:
    """The room of a sitting, in this installation: there may be several in a process of the tests."""

    here: Platform = field(repr=False, hash=False)
    case_id: str
    lot: str


@dataclass
class Line:
    """One socket of somebody who is in a room. `id`: its name among the lines; `up`: whether a hand was raised as it
    came; `asked_at`: of a question that has no answer yet; `told`: what it was last told of who is there."""

    sid: str
    token: str
    here: Platform
    place: Place
    id: str
    up: bool
    answers: deque[int | None] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    asked_at: float | None = None
    told: str = ""

    @property
    def room(self) -> Room:
        return Room(self.here, self.place.case_id, self.place.lot)

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


def enter(sid: str, token: str, log_in: LogIn, case_id: str, lot: str) -> Line:
    """A socket enters the room. Raises NotAllowed."""
    leave(sid)
    name = secrets.token_hex(8)
    place, up = presences.arrive(platform(), log_in, case_id, lot, name)
    line = Line(sid, token, platform(), place, name, up)
    _lines[sid] = line
    somebody_is_there.set()
    _tell_soon(line.room)
    return line


def leave(sid: str) -> None:
    """A socket is gone, or has entered another room; others of the same place in this process answer on."""
    line = _lines.pop(sid, None)
    if line is None:
        return
    other = next((one.id for one in list(_lines.values()) if one.place == line.place), "")
    presences.depart(platform(), line.place, line.id, other)
    _tell_soon(line.room)


def line_of(sid: str) -> Line:
    """The line of a socket that is in a room. Raises NotAllowed for another one."""
    line = _lines.get(sid)
    if line is None:
        raise NotAllowed(Action.PRESENCE_KEEP)
    return line


def raise_hand(sid: str, *, up: bool) -> None:
    """Raises NotAllowed for who is in no room, and for a witness."""
    line = line_of(sid)
    presences.raise_hand(platform(), line.place, line.id, up=up)
    _tell_soon(line.room)


def _tell_soon(room: Room) -> None:
    _changed.add(room)
    something_changed.set()


def tell_changed() -> None:
    """Tell the lines of each room of this installation in which something has changed since the last time."""
    something_changed.clear()
    rooms = {room for room in list(_changed) if room.here is platform()}
    _changed.difference_update(rooms)  # before looking: what changes from here on is told the next time
    if _changed:  # of another installation
        something_changed.set()
    apart(rooms, tell)


def tell(room: Room) -> None:
    """Tell each line of a room in this process that what it may know of who is there has changed.

    Nobody is loaded anew where neither the case, nor the places, nor the lines are others than the last time.
    """
    with _turn:
        lines = [one for one in _of_installation(room.here) if one.room == room]
        if not lines:
            _told.pop(room, None)
            return
        with room.here.database.reading() as db_session:
            size = last_number(db_session, room.case_id)
            case, now = load_case(db_session, room.case_id), room.here.database.now(db_session.connection())
            places = all_places(db_session, case, room.lot, now)
        stands = digest([size, view_digest(places), sorted(line.id for line in lines)])
        if _told.get(room) == stands:
            return
        actors = find_log_ins({line.token for line in lines})
        for line in lines:
            _tell_one(line, actors[line.token][1], case, places)
        _told[room] = stands


def _tell_one(line: Line, actor: Actor, case: Case, places: Sequence[PlaceSeen]) -> None:
    if not allowed(actor, Action.PRESENCE_KEEP, case, line.place.lot):
        _lines.pop(line.sid, None)  # the sitting is over, or the seat is another's
        return
    seen = view_digest(as_seen(actor, case, line.place.lot, places))
    if seen != line.told:
        line.told = seen
        socketio.emit("presence.changed", {}, to=line.sid, namespace=NAMESPACE)


def ask_all(pause: Callable[[float], object]) -> None:
    """One round: everybody is asked, and a little later what was answered is written down and told."""
    here = platform()
    for line in _of_installation(here):
        line.ask()
    pause(ROUND.total_seconds())
    answered = [line for line in _of_installation(here) if line.answers and line.asked_at is None]
    if answered:
        heard = {line.place: (line.id, figures(tuple(line.answers))) for line in answered}
        presences.keep(here, heard, {line.id for line in answered})
    apart({line.room for line in _of_installation(here)}, tell)


def is_anybody_there() -> bool:
    """Whether a line of this process is in a room."""
    return bool(_lines)


def _of_installation(here: Platform) -> list[Line]:
    """Of this one alone: there may be several in a process of the tests."""
    return [line for line in list(_lines.values()) if line.here is here]

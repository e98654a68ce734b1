"""Lines of those who are in a room: asked every few seconds, so that all know who is there and how good each line is.

The answer goes through whatever the person's network does; a page in the background answers too, since nothing in it
has to wait for a timer. What this process hears it writes down, and reads what the others have written.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from app.extensions import find_log_ins, platform, socketio
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, allowed
from app.procedure.presence import REMEMBERED, ROUND, figures
from app.queries.cases import load_case
from app.queries.presences import places_seen, view_digest
from app.services import presences
from app.services.accounts import LogIn
from app.services.platform import Platform
from app.services.presences import Place

NAMESPACE = "/live"
somebody_is_there = Event()
_lines: dict[str, Line] = {}  # by socket
_turn = Lock()


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
    tell(line.place.case_id, line.place.lot)
    return line


def leave(sid: str) -> None:
    """A socket is gone, or has entered another room; others of the same place in this process answer on."""
    line = _lines.pop(sid, None)
    if line is None:
        return
    other = next((one.id for one in list(_lines.values()) if one.place == line.place), "")
    presences.depart(platform(), line.place, line.id, other)
    tell(line.place.case_id, line.place.lot)


def line_of(sid: str) -> Line:
    """The line of a socket that is in a room. Raises NotAllowed for another one."""
    line = _lines.get(sid)
    if line is None:
        raise NotAllowed(Action.PRESENCE_KEEP)
    return line


def raise_hand(sid: str, *, up: bool) -> None:
    """Raises NotAllowed for who is in no room."""
    line = line_of(sid)
    presences.raise_hand(platform(), line.place, line.id, up=up)
    tell(line.place.case_id, line.place.lot)


def lines_of(case_id: str, lot: str) -> list[Line]:
    """The lines of one room in this process."""
    return [one for one in _of_installation(platform()) if (one.place.case_id, one.place.lot) == (case_id, lot)]


def tell(case_id: str, lot: str) -> None:
    """Tell each line of a room in this process that what it may know of who is there has changed."""
    with _turn:
        lines, here = lines_of(case_id, lot), platform()
        actors = find_log_ins({line.token for line in lines}) if lines else {}
        with here.database.reading() as db_session:
            case, now = load_case(db_session, case_id), here.database.now(db_session.connection())
            views = {
                line.sid: view_digest(places_seen(db_session, actors[line.token][1], case, lot, now)) for line in lines
            }
        for line in lines:
            if not allowed(actors[line.token][1], Action.PRESENCE_KEEP, case, lot):
                _lines.pop(line.sid, None)  # the sitting is over, or the seat is another's
            elif views[line.sid] != line.told:
                line.told = views[line.sid]
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
    for case_id, lot in {(line.place.case_id, line.place.lot) for line in _of_installation(here)}:
        tell(case_id, lot)


def is_anybody_there() -> bool:
    """Whether a line of this process is in a room."""
    return bool(_lines)


def _of_installation(here: Platform) -> list[Line]:
    """Of this one alone: there may be several in a process of the tests."""
    return [line for line in list(_lines.values()) if line.here is here]

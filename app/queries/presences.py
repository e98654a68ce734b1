"""Who is in a room, as each may know it.

While members score nobody of them is told who else is there: who has left early has locked. Otherwise a member sees
of the others that they are there and whose hand is raised, the chair also since when and by what line. Centre and
authority (for a reason) see every place, a witness those of its own sites.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import Presence
from app.permissions.actions import Action
from app.permissions.policy import allowed
from app.procedure.presence import LineFigures, Standing
from app.procedure.roles import Actor, Role
from crypto.canonical import digest
from evaluation.sitting import Stage


@dataclass(frozen=True)
class PlaceSeen:
    """A seat, or (0) the witness of a site. `since`: since when it is there, or gone; None where it never was, or who
    looks is not told. `figures`: of the line, None where nobody is there or who looks is not told."""

    site: str
    seat: int
    there: bool
    since: datetime | None = None
    figures: LineFigures | None = None
    drops: int = 0
    hand: bool = False
    told: bool = False  # with since, line and drops

    @property
    def quality(self) -> str:
        """How good the line is, in a word; "" where nobody is there or who looks is not told."""
        return str(self.figures.quality) if self.figures is not None and self.figures.asked else ""


def places_seen(db_session: DbSession, actor: Actor, case: Case, lot: str, now: datetime) -> tuple[PlaceSeen, ...]:
    """The places that the actor may know of, by site and seat; none where it may not."""
    if not allowed(actor, Action.PRESENCE_READ, case, lot):
        return ()
    return as_seen(actor, case, lot, all_places(db_session, case, lot, now))


def as_seen(actor: Actor, case: Case, lot: str, places: Sequence[PlaceSeen]) -> tuple[PlaceSeen, ...]:
    """Of all places of a room, what the actor may know; none where it may not."""
    if not allowed(actor, Action.PRESENCE_READ, case, lot):
        return ()
    sitting, seat = case.lot(lot).sitting, actor.seat_in(case.id, lot)
    if seat is None:
        own = actor.sites if actor.is_(Role.SITE_WITNESS) else case.lot(lot).sites
        return tuple(place for place in places if place.site in own)
    seats = [place for place in places if place.seat]
    if sitting.stage is Stage.SCORING:
        return tuple(place for place in seats if place.seat == seat)
    chairs = sitting.chair == seat
    return tuple(place if chairs or place.seat == seat else _briefly(place) for place in seats)


def view_digest(places: Sequence[PlaceSeen]) -> str:
    """Changes when somebody comes or goes, raises a hand, or a line becomes better or worse."""
    return digest([[p.site, p.seat, p.there, p.hand, p.quality, p.drops] for p in places])


def _briefly(place: PlaceSeen) -> PlaceSeen:
    return replace(place, since=None, figures=None, drops=0, told=False)


def all_places(db_session: DbSession, case: Case, lot: str, now: datetime) -> list[PlaceSeen]:
    """Every place of a room, by site and seat, with all that is known: for `as_seen`, and for nobody to look at."""
    query = select(Presence).where(Presence.case_id == case.id, Presence.lot == lot)
    rows = {(row.site, row.seat): row for row in db_session.scalars(query)}
    state = case.lot(lot)
    keys = {(seat.site, number) for number, seat in state.sitting.seats.items() if number not in state.sitting.empty}
    return [
        _place(site, seat, rows.get((site, seat)), now) for site, seat in sorted(keys | {(s, 0) for s in state.sites})
    ]


def _place(site: str, seat: int, row: Presence | None, now: datetime) -> PlaceSeen:
    if row is None:
        return PlaceSeen(site, seat, there=False, told=True)
    standing = Standing(row.since, row.answered_at, row.left_at, row.drops)
    if not standing.is_there(now):
        return PlaceSeen(site, seat, there=False, since=standing.gone_since, drops=row.drops, told=True)
    found = LineFigures(row.took_ms, row.lost, row.asked)
    return PlaceSeen(site, seat, True, row.since, found, row.drops, row.hand_at is not None, told=True)

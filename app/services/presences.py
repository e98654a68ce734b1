"""Who is in the room of a sitting: rows that every web process keeps for its own lines, so that all know of all.

Inspectors have no place in it: nobody is told who listens. Nothing here is evidence; it goes after a day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import Presence
from app.permissions.actions import Action
from app.permissions.policy import NotAllowed, authorize
from app.procedure.presence import LineFigures, Standing
from app.procedure.roles import Actor
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction, take_turns

KEPT_FOR = timedelta(days=1)
NEW = LineFigures(None, 0, 0)


@dataclass(frozen=True, order=True)
class Place:
    """Where somebody is: at a seat, or (0) as the witness of a site."""

    case_id: str
    lot: str
    site: str
    seat: int


def place_of(actor: Actor, case: Case, lot: str) -> Place:
    """The actor's place in the room. Raises NotAllowed for who has none."""
    authorize(actor, Action.PRESENCE_KEEP, case, lot)
    seat, state = actor.seat_in(case.id, lot), case.lot(lot)
    if seat is not None:
        return Place(case.id, lot, state.sitting.seats[seat].site, seat)
    mine = sorted(actor.sites & state.sites)
    if not mine:
        raise NotAllowed(Action.PRESENCE_KEEP)
    return Place(case.id, lot, mine[0], 0)


def arrive(platform: Platform, log_in: LogIn, case_id: str, lot: str, line: str) -> tuple[Place, bool]:
    """Somebody has come by this line; its place, and whether a hand is raised there. Raises NotAllowed."""
    with plain_transaction(platform.database) as (db_session, now):
        actor, case = load_actor(db_session, log_in.account_id, log_in.seat), load_case(db_session, case_id)
        place = place_of(actor, case, lot)
        row = _answer(db_session, place, line, NEW, now)
        return place, row.hand_at is not None


def depart(platform: Platform, place: Place, line: str, other: str) -> None:
    """A line is hung up; `other` line of the place, "" where this process has none, answers for it from now on."""
    with plain_transaction(platform.database) as (db_session, now):
        row = _row(db_session, place)
        if row is None:
            return
        if row.camera == line:
            row.camera, row.camera_at = "", None
        if row.line == line and other:
            row.line = other
        elif row.line == line:
            row.left_at = now


def keep(platform: Platform, heard: Mapping[Place, tuple[str, LineFigures]], lines: Collection[str] = ()) -> None:
    """The lines of this process that have answered: by place, one of them and its figures; `lines`: all of them."""
    with plain_transaction(platform.database) as (db_session, now):
        for place in sorted(heard):  # always in this order: no two processes wait for each other
            take_turns(db_session, f"presence/{place}")
        of_rooms = tuple_(Presence.case_id, Presence.lot).in_({(place.case_id, place.lot) for place in heard})
        rows = {_place_of(row): row for row in db_session.scalars(select(Presence).where(of_rooms))}
        for place, (line, found) in heard.items():
            row = _answered(db_session, rows.get(place), place, line, found, now)
            if row.camera in lines:
                row.camera_at = now


def raise_hand(platform: Platform, place: Place, line: str, *, up: bool) -> None:
    """A hand is raised or lowered; it is no fact. Raises NotAllowed for a witness, who has none to raise."""
    if not place.seat:
        raise NotAllowed(Action.PRESENCE_KEEP)
    with plain_transaction(platform.database) as (db_session, now):
        row = _row(db_session, place)
        if row is None:  # nobody knows of its being there any more
            raise NotAllowed(Action.PRESENCE_KEEP)
        row.hand_at = (row.hand_at or now) if up else None


def forget_absent(platform: Platform) -> None:
    """Whoever has not been there for a day."""
    with plain_transaction(platform.database) as (db_session, now):
        db_session.execute(delete(Presence).where(Presence.answered_at < now - KEPT_FOR))


def _row(db_session: DbSession, place: Place) -> Presence | None:
    take_turns(db_session, f"presence/{place}")
    return db_session.get(Presence, (place.case_id, place.lot, place.site, place.seat))


def _place_of(row: Presence) -> Place:
    return Place(row.case_id, row.lot, row.site, row.seat)


def _answer(db_session: DbSession, place: Place, line: str, found: LineFigures, now: datetime) -> Presence:
    return _answered(db_session, _row(db_session, place), place, line, found, now)


def _answered(
    db_session: DbSession, row: Presence | None, place: Place, line: str, found: LineFigures, now: datetime
) -> Presence:
    if row is None:
        row = Presence(case_id=place.case_id, lot=place.lot, site=place.site, seat=place.seat, drops=0)
        row.camera, row.since, row.answered_at = "", now, now
        db_session.add(row)
    before = Standing(row.since, row.answered_at, row.left_at, row.drops)
    if not before.is_there(now):
        row.hand_at = None  # whoever was gone raises it again
    standing = before.answered(now)
    row.since, row.answered_at, row.left_at, row.drops = standing.since, now, None, standing.drops
    row.line, row.took_ms, row.lost, row.asked = line, found.took_ms, found.lost, found.asked
    return row

"""What is free in which room: the rooms of a site as the rules read them, and who holds booths there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case, Phase
from app.models import Booking, BookingPart, Booth, Room, RoomClosure
from app.procedure.venues import HOLDING, Answer, Closure, Hold, RoomPlan, Window, overbooked
from app.queries.cases import load_case

_LIVE = (Booking.cancelled_at.is_(None), BookingPart.answer.in_(HOLDING))


def window_of(row: Booking | RoomClosure) -> Window:
    return Window(row.begins_at, row.ends_at)


def is_over(db_session: DbSession, booking: Booking) -> bool:
    """Whether the evaluation has ended or will never be: its booths are free again."""
    return load_case(db_session, booking.case_id).phase(booking.lot) in (Phase.RESULT, Phase.FAILED)


def room_plans(
    db_session: DbSession, rooms: Iterable[str], since: datetime, *, without: str = ""
) -> dict[str, RoomPlan]:
    """Rooms by id, with what holds them from an instant on; `without` the holds of one booking, which is to be arranged
    anew.
    """
    wanted = list(rooms)
    counted = select(Booth.room_id, func.count()).where(Booth.room_id.in_(wanted), Booth.out_since.is_(None))
    in_service = dict(db_session.execute(counted.group_by(Booth.room_id)).all())
    holds: dict[str, list[Hold]] = defaultdict(list)
    query = select(BookingPart, Booking).join(Booking, Booking.id == BookingPart.booking_id)
    for part, booking in db_session.execute(
        query.where(BookingPart.room_id.in_(wanted), *_LIVE, Booking.ends_at > since)
    ):
        if booking.id != without and not is_over(db_session, booking):
            holds[part.room_id].append(Hold(booking.label, window_of(booking), part.booths))
    closed: dict[str, list[Closure]] = defaultdict(list)
    for row in db_session.scalars(
        select(RoomClosure).where(RoomClosure.room_id.in_(wanted), RoomClosure.ends_at > since)
    ):
        closed[row.room_id].append(Closure(window_of(row), row.reason))
    return {
        room.id: RoomPlan(
            room.id, room.name, in_service.get(room.id, 0), room.alone, tuple(holds[room.id]), tuple(closed[room.id])
        )
        for room in db_session.scalars(select(Room).where(Room.id.in_(wanted)).order_by(Room.name))
    }


def short_bookings(db_session: DbSession, now: datetime) -> dict[str, set[str]]:
    """Rooms, by the label of a booking, in which fewer booths are in service than are promised then."""
    rooms = db_session.scalars(select(BookingPart.room_id).distinct())
    found: dict[str, set[str]] = defaultdict(set)
    for plan in room_plans(db_session, rooms, now).values():
        for hold in overbooked(plan):
            found[hold.label].add(plan.id)
    return found


def booking_of(db_session: DbSession, case_id: str, lot: str) -> Booking | None:
    """The booking of a lot that stands."""
    query = select(Booking).where(Booking.case_id == case_id, Booking.lot == lot, Booking.cancelled_at.is_(None))
    return db_session.scalar(query)


def is_current(booking: Booking, case: Case, lot: str, now: datetime) -> bool:
    """Whether a booking can serve its lot: it begins after the deadline, which may have moved, and is not over."""
    deadline = case.tender.timetable.closes_at(lot)
    return deadline is not None and booking.begins_at >= deadline and booking.ends_at > now


def booked_booths(db_session: DbSession, case: Case, lot: str, now: datetime) -> dict[str, int]:
    """Accepted booths by site, of a booking that can serve the lot."""
    booking = booking_of(db_session, case.id, lot)
    if booking is None or not is_current(booking, case, lot, now):
        return {}
    query = (
        select(Room.site_id, func.sum(BookingPart.booths))
        .join(Room, Room.id == BookingPart.room_id)
        .where(BookingPart.booking_id == booking.id, BookingPart.answer == Answer.ACCEPTED)
        .group_by(Room.site_id)
    )
    return {site: int(booths) for site, booths in db_session.execute(query)}

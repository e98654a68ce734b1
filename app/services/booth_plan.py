"""Which seat sits at which booth: given when the sitting is convened, and given anew when a booth fails.

A seat gets a booth of the rooms that are booked at its site; where none of them is left, one of another room there that
nobody holds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import Booking, BookingPart, Booth, Room, SeatBooth, Site
from app.procedure.roles import Role
from app.procedure.venues import Answer, choose_booths, free_booths
from app.queries.cases import load_case
from app.queries.people import holders
from app.queries.venues import booking_of, room_plans, window_of
from app.services.unit_of_work import leave_notice, take_turns
from evaluation.sitting import SittingState
from evaluation.sitting.stages import FINAL


@dataclass(frozen=True)
class BoothName:
    """A booth as people find it."""

    id: str
    room: str
    number: int

    def __str__(self) -> str:
        return f"{self.room}-{self.number}"


def booth_of(db_session: DbSession, case_id: str, lot: str, seat: int, site: str) -> BoothName | None:
    """At which booth of its site a seat is to sit; None where it has none that is in service."""
    query = (
        select(Booth.id, Room.name, Booth.number)
        .join(Room, Room.id == Booth.room_id)
        .join(SeatBooth, SeatBooth.booth_id == Booth.id)
        .where(SeatBooth.case_id == case_id, SeatBooth.lot == lot, SeatBooth.seat == seat)
        .where(Room.site_id == site, Booth.out_since.is_(None))
    )
    found = db_session.execute(query).one_or_none()
    return BoothName(*found) if found is not None else None


def seats_at_site(case: Case, lot: str, site: str) -> list[int]:
    """Seats of a sitting that are at a site and not empty."""
    sitting = case.lots[lot].sitting
    return sorted(n for n, seat in sitting.seats.items() if seat.site == site and n not in sitting.empty)


def plan_booths(db_session: DbSession, case: Case, lot: str, now: datetime, only: str = "") -> list[int]:
    """Give every seat of a convened sitting (`only` at one site) a booth that it has not yet; the seats for which there
    is none.
    """
    booking, sitting = booking_of(db_session, case.id, lot), case.lots[lot].sitting
    if sitting.stage in FINAL or not sitting.seats:
        return []
    left: list[int] = []
    for site in sorted({seat.site for seat in sitting.seats.values() if only in ("", seat.site)}):
        seats = seats_at_site(case, lot, site)
        take_turns(db_session, f"site/{site}")  # in the order of all who change what is free there
        without = [n for n in seats if booth_of(db_session, case.id, lot, n, site) is None]
        free = free_for(db_session, booking, site, now) if booking is not None else []
        chosen = choose_booths(without, [booth.id for booth in free])
        for seat, booth in chosen.items():
            db_session.merge(SeatBooth(case_id=case.id, lot=lot, seat=seat, booth_id=booth, since=now))
        left += [seat for seat in without if seat not in chosen]
    db_session.flush()
    return left


def free_for(db_session: DbSession, booking: Booking, site: str, now: datetime) -> list[BoothName]:
    """Booths of a site at which a further seat of a booking may sit, the booked rooms first."""
    own = select(SeatBooth.booth_id).where(SeatBooth.case_id == booking.case_id, SeatBooth.lot == booking.lot)
    seated, taken = set(db_session.scalars(own)), _taken_by_others(db_session, booking, site)
    parts = select(BookingPart.room_id, BookingPart.booths).where(
        BookingPart.booking_id == booking.id, BookingPart.answer == Answer.ACCEPTED
    )
    left = dict(db_session.execute(parts).all())
    query = select(Booth, Room).join(Room, Room.id == Booth.room_id).where(Room.site_id == site)
    rows = db_session.execute(query.order_by(Room.name, Booth.number)).all()
    left = {room: booths for room, booths in left.items() if room in {booth.room_id for booth, _room in rows}}
    for room, sitting in Counter(b.room_id for b, _r in rows if b.id in seated and b.out_since is None).items():
        if room in left:
            left[room] -= sitting
    others = {room.id for _booth, room in rows} - left.keys()
    for plan in room_plans(db_session, others, min(now, booking.begins_at)).values():  # what nobody holds meanwhile
        left[plan.id] = free_booths(plan, window_of(booking)) if not plan.alone or not plan.holds else 0
    rows.sort(key=lambda pair: pair[1].id in others)  # the booked rooms first
    found = []
    for booth, room in rows:
        if booth.out_since is None and booth.id not in seated | taken and left.get(room.id, 0) > 0:
            left[room.id] -= 1
            found.append(BoothName(booth.id, room.name, booth.number))
    return found


def _taken_by_others(db_session: DbSession, booking: Booking, site: str) -> set[str]:
    """Booths at which somebody of another sitting sits that is not over, or will sit at the same time."""
    query = (
        select(SeatBooth, Booking)
        .join(Booth, Booth.id == SeatBooth.booth_id)
        .join(Room, Room.id == Booth.room_id)
        .outerjoin(
            Booking,
            (Booking.case_id == SeatBooth.case_id) & (Booking.lot == SeatBooth.lot) & Booking.cancelled_at.is_(None),
        )
        .where(Room.site_id == site)
    )
    found = set()
    for row, other in db_session.execute(query):
        if (row.case_id, row.lot) == (booking.case_id, booking.lot):
            continue
        sitting = load_case(db_session, row.case_id).lots[row.lot].sitting
        meets = other is not None and window_of(other).overlaps(window_of(booking))
        if sitting.stage not in FINAL and (meets or row.seat in sitting.keys) and row.seat not in sitting.empty:
            found.add(row.booth_id)
    return found


def seat_at(db_session: DbSession, case_id: str, lot: str, seat: int, booth: str, now: datetime) -> None:
    """From now on the seat is at this booth."""
    db_session.merge(SeatBooth(case_id=case_id, lot=lot, seat=seat, booth_id=booth, since=now))
    db_session.flush()


def forget_booths(db_session: DbSession, case_id: str, lot: str) -> None:
    """The seats of a lot have no booths any more: their booking has changed."""
    db_session.execute(delete(SeatBooth).where(SeatBooth.case_id == case_id, SeatBooth.lot == lot))


def move_off(db_session: DbSession, booth: Booth, now: datetime) -> None:
    """A booth has failed, or is back: whoever of its site is without one gets another; the centre is told who is not.

    The seats of sittings that are over stay as they were.
    """
    room = db_session.get_one(Room, booth.room_id)
    site = db_session.get_one(Site, room.site_id)
    lots = select(SeatBooth.case_id, SeatBooth.lot).join(Booth, Booth.id == SeatBooth.booth_id).join(Room)
    for case_id, lot in db_session.execute(lots.where(Room.site_id == room.site_id).distinct()).all():
        case = load_case(db_session, case_id)
        hit = _sits_at(db_session, case.lots[lot].sitting, case_id, lot, booth)
        left = plan_booths(db_session, case, lot, now, site.id)
        booking = booking_of(db_session, case_id, lot)
        if booking is None or not hit:
            continue
        told = {"site": site.name, "label": booking.label, "booth": f"{room.name}-{booth.number}"}
        code = "booths_lacking" if left else "booth_replaced"
        for centre in {site.organisation_id, booking.centre_id}:
            for account in holders(db_session, centre, Role.CENTRE_OPERATOR):
                leave_notice(db_session, now, account, code, {**told, "seats": len(left)} if left else told)


def _sits_at(db_session: DbSession, sitting: SittingState, case_id: str, lot: str, booth: Booth) -> bool:
    mine = (SeatBooth.case_id == case_id, SeatBooth.lot == lot, SeatBooth.booth_id == booth.id)
    return sitting.stage not in FINAL and db_session.scalar(select(SeatBooth.seat).where(*mine)) is not None

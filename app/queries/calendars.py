"""Calendars of rooms and lists of bookings. Whatever stands here is blind: a booking is its label."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.models import Booking, BookingEvent, BookingPart, Booth, Organisation, Room, RoomClosure, Site
from app.procedure.roles import Actor, Role
from app.procedure.venues import HOLDING, Answer, Window, fullest, last_moment, terms_of
from app.queries.cases import load_case
from app.queries.venues import booking_of, is_current, is_over, room_plans, window_of


@dataclass(frozen=True)
class RoomRow:
    """A room with its site and centre. `in_service` of its `booths`."""

    id: str
    name: str
    site: str
    site_name: str
    centre: str
    centre_name: str
    alone: bool
    booths: int
    in_service: int


def rooms(db_session: DbSession, centre: str = "") -> list[RoomRow]:
    """Rooms of all centres, or of one, by site and name."""
    counted = select(Booth.room_id, func.count()).group_by(Booth.room_id)
    counts = Counter(dict(db_session.execute(counted).all()))
    gone = Counter(dict(db_session.execute(counted.where(Booth.out_since.is_not(None))).all()))
    query = select(Room, Site, Organisation).join(Site, Site.id == Room.site_id)
    query = query.join(Organisation, Organisation.id == Site.organisation_id)
    if centre:
        query = query.where(Organisation.id == centre)
    return [
        RoomRow(
            room.id,
            room.name,
            site.id,
            site.name,
            owner.id,
            owner.name,
            room.alone,
            counts[room.id],
            counts[room.id] - gone[room.id],
        )
        for room, site, owner in db_session.execute(query.order_by(Organisation.name, Site.name, Room.name))
    ]


def own_sites(db_session: DbSession, centre: str) -> list[tuple[str, str]]:
    """Id and name of a centre's sites."""
    query = select(Site.id, Site.name).where(Site.organisation_id == centre).order_by(Site.name)
    return [(site, name) for site, name in db_session.execute(query)]


def booths_of(db_session: DbSession, room: str) -> list[Booth]:
    return list(db_session.scalars(select(Booth).where(Booth.room_id == room).order_by(Booth.number)))


def closures_of(db_session: DbSession, room: str, now: datetime) -> list[RoomClosure]:
    """When a room is not let, from now on."""
    query = select(RoomClosure).where(RoomClosure.room_id == room, RoomClosure.ends_at > now)
    return list(db_session.scalars(query.order_by(RoomClosure.begins_at)))


@dataclass(frozen=True)
class PartRow:
    """Booths of one room in a booking, as its centre sees them. `withdrawable_until`: what was accepted."""

    id: str
    label: str
    room: str
    room_name: str
    site_name: str
    centre_name: str
    booths: int
    answer: Answer
    reason: str
    begins_at: datetime
    ends_at: datetime
    withdrawable_until: datetime | None

    @property
    def terms(self) -> str:
        """What an answer to it answers."""
        return terms_of(Window(self.begins_at, self.ends_at), self.booths)


def _part_row(
    part: BookingPart, booking: Booking, room: Room, site: Site, centre: str, until: datetime | None
) -> PartRow:
    place = (room.id, room.name, site.name, centre)
    said = (part.booths, Answer(part.answer), part.reason)
    return PartRow(part.id, booking.label, *place, *said, booking.begins_at, booking.ends_at, until)


def own_parts(db_session: DbSession, centre: str, now: datetime) -> list[PartRow]:
    """What others have booked in a centre's rooms and is not over, what waits for an answer first."""
    others = (Site.organisation_id == centre, Booking.centre_id != centre)
    query = _PARTS.where(*others, Booking.cancelled_at.is_(None), Booking.ends_at > now)
    found = []
    for part, booking, room, site, owner in db_session.execute(query):
        if is_over(db_session, booking):
            continue
        notice = load_case(db_session, booking.case_id).tender.published.profile.booking_withdrawal
        until = last_moment(window_of(booking), notice) if notice is not None else booking.begins_at
        found.append(_part_row(part, booking, room, site, owner, until))
    return sorted(found, key=lambda row: (row.answer is not Answer.ASKED, row.begins_at, row.room_name))


_PARTS = (
    select(BookingPart, Booking, Room, Site, Organisation.name)
    .join(Booking, Booking.id == BookingPart.booking_id)
    .join(Room, Room.id == BookingPart.room_id)
    .join(Site, Site.id == Room.site_id)
    .join(Organisation, Organisation.id == Site.organisation_id)
)


@dataclass(frozen=True)
class BookingView:
    """A lot's booking as its host sees it. `counts`: it can serve the lot; otherwise its times must be changed."""

    id: str
    label: str
    begins_at: datetime
    ends_at: datetime
    counts: bool
    parts: tuple[PartRow, ...]


def booking_view(db_session: DbSession, case: Case, lot: str, now: datetime) -> BookingView | None:
    """What is booked for a lot; None where nothing is."""
    booking = booking_of(db_session, case.id, lot)
    if booking is None:
        return None
    rows = db_session.execute(_PARTS.where(Booking.id == booking.id).order_by(Site.name, Room.name)).all()
    parts = tuple(_part_row(part, one, room, site, owner, None) for part, one, room, site, owner in rows)
    times = (booking.begins_at, booking.ends_at)
    return BookingView(booking.id, booking.label, *times, is_current(booking, case, lot, now), parts)


def history(db_session: DbSession, booking: str) -> list[BookingEvent]:
    query = select(BookingEvent).where(BookingEvent.booking_id == booking)
    return list(db_session.scalars(query.order_by(BookingEvent.id)))


@dataclass(frozen=True)
class Entry:
    """Something in a room on a day: a booking by its label, or a closure. `answer` "" of a closure."""

    label: str
    begins_at: datetime
    ends_at: datetime
    booths: int
    answer: str
    note: str


@dataclass(frozen=True)
class RoomDays:
    """A room's days: what is in it, and how many booths are held at most and in service."""

    room: RoomRow
    days: tuple[tuple[Entry, ...], ...]
    held: tuple[int, ...]
    short: tuple[bool, ...]  # more is promised than is in service


def calendar(db_session: DbSession, actor: Actor, days: list[Window]) -> list[RoomDays]:
    """The rooms of the actor's own sites over some days: an operator's of the whole centre, a witness's own."""
    found = rooms(db_session, actor.organisation_id)
    if not actor.is_(Role.CENTRE_OPERATOR):
        found = [room for room in found if room.site in actor.sites]
    entries = _entries(db_session, [room.id for room in found], days)
    plans = room_plans(db_session, [room.id for room in found], days[0].begins_at)
    rows = []
    for room in found:
        of_days = tuple(_on(entries.get(room.id, []), day) for day in days)
        held = tuple(fullest(plans[room.id].holds, day)[0] for day in days)
        rows.append(RoomDays(room, of_days, held, tuple(n > room.in_service for n in held)))
    return rows


def _on(entries: list[Entry], day: Window) -> tuple[Entry, ...]:
    return tuple(e for e in entries if Window(e.begins_at, e.ends_at).overlaps(day))


def _entries(db_session: DbSession, wanted: list[str], days: list[Window]) -> dict[str, list[Entry]]:
    begins, ends = days[0].begins_at, days[-1].ends_at
    found: dict[str, list[Entry]] = {room: [] for room in wanted}
    for row in db_session.scalars(
        select(RoomClosure).where(
            RoomClosure.room_id.in_(wanted), RoomClosure.begins_at < ends, RoomClosure.ends_at > begins
        )
    ):
        found[row.room_id].append(Entry("", row.begins_at, row.ends_at, 0, "", row.reason))
    query = select(BookingPart, Booking).join(Booking, Booking.id == BookingPart.booking_id)
    live = (BookingPart.room_id.in_(wanted), BookingPart.answer.in_(HOLDING), Booking.cancelled_at.is_(None))
    for part, booking in db_session.execute(query.where(*live, Booking.begins_at < ends, Booking.ends_at > begins)):
        if is_over(db_session, booking):
            continue
        entry = Entry(booking.label, booking.begins_at, booking.ends_at, part.booths, part.answer, "")
        found[part.room_id].append(entry)
    for of_room in found.values():
        of_room.sort(key=lambda entry: entry.begins_at)
    return found

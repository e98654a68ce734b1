"""Rooms and booths of the sites, when they are not let, and who has booked them for which evaluation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Room(Base):
    """A room of a site. `alone`: it serves one evaluation at a time."""

    __tablename__ = "room"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    alone: Mapped[bool]


class Booth(Base):
    """A place to sit, with its equipment; out of service from `out_since` on, while that is set."""

    __tablename__ = "booth"
    __table_args__ = (UniqueConstraint("room_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    number: Mapped[int]
    camera: Mapped[bool]
    microphone: Mapped[bool]
    screen: Mapped[bool]
    line: Mapped[str] = mapped_column(String(60))
    out_since: Mapped[datetime | None]
    out_reason: Mapped[str] = mapped_column(String(200), default="")


class RoomClosure(Base):
    """A stretch of time in which a room is not let."""

    __tablename__ = "room_closure"

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Booking(Base):
    """Booths for a lot's evaluation, asked for by the centre that hosts it. `label` is all that others know of it."""

    __tablename__ = "booking"
    __table_args__ = (Index("ix_booking_case_id_lot", "case_id", "lot"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    lot: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(20), unique=True)
    centre_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(200), default="")


class BookingPart(Base):
    """So many booths of one room, and what the room's centre says to it."""

    __tablename__ = "booking_part"
    __table_args__ = (UniqueConstraint("booking_id", "room_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    booking_id: Mapped[str] = mapped_column(ForeignKey("booking.id"), index=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    booths: Mapped[int]
    answer: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(200), default="")
    answered_by: Mapped[str] = mapped_column(String(64), default="")
    answered_at: Mapped[datetime | None]


class BookingEvent(Base):
    """One step in a booking's life; never changed. `facts` is JSON."""

    __tablename__ = "booking_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(20))  # arranged accepted refused withdrawn cancelled
    by: Mapped[str] = mapped_column(String(64))
    facts: Mapped[str] = mapped_column(Text)


class SeatBooth(Base):
    """At which booth a seat of a sitting is to sit."""

    __tablename__ = "seat_booth"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    lot: Mapped[str] = mapped_column(String(20), primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    booth_id: Mapped[str] = mapped_column(ForeignKey("booth.id"), index=True)
    since: Mapped[datetime]

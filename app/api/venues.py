"""Rooms, booths and bookings, for programs of a centre."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint

from app.api.people import body, text
from app.casefile.codec import decode, encode
from app.extensions import access, current_actor, platform, required_log_in
from app.permissions.actions import Action
from app.procedure.venues import Answer, Window, terms_of
from app.queries import calendars
from app.services import bookings, venues
from crypto.canonical import Json

routes = Blueprint("api_venues", __name__)


@routes.get("/sites/<site>/rooms")
@access(Action.SITE_MANAGE)
def list_rooms(site: str) -> Json:
    """The rooms of a site, of any centre: what a request may name."""
    with platform().database.reading() as db_session:
        found = [row for row in calendars.rooms(db_session) if row.site == site]
    return [{"id": row.id, "name": row.name, "booths": row.in_service, "alone": row.alone} for row in found]


@routes.post("/sites/<site>/rooms")
@access(Action.SITE_MANAGE)
def add_room(site: str) -> Json:
    sent = body()
    booths, alone = decode(int, sent.get("booths"), "$.booths"), decode(bool, sent.get("alone", False), "$.alone")
    equipment = decode(venues.Equipment, sent.get("equipment", {}), "$.equipment")
    name = text(sent, "name")
    return {"id": venues.add_room(platform(), required_log_in(), site, name, booths, alone=alone, equipment=equipment)}


@routes.post("/booths/<booth>/outage")
@access(Action.SITE_MANAGE)
def take_out(booth: str) -> Json:
    venues.take_out(platform(), required_log_in(), booth, text(body(), "reason"))
    return {}


@routes.post("/booths/<booth>/return")
@access(Action.SITE_MANAGE)
def put_back(booth: str) -> Json:
    venues.put_back(platform(), required_log_in(), booth)
    return {}


@routes.put("/cases/<case>/lots/<lot>/booking")
@access(Action.BOOKING_ARRANGE)
def arrange(case: str, lot: str) -> Json:
    """Book, or change what is booked: `begins_at`, `ends_at`, and `rooms` with the number of booths of each."""
    sent = body()
    moments = (decode(datetime, sent.get(name), f"$.{name}") for name in ("begins_at", "ends_at"))
    rooms = decode(dict[str, int], sent.get("rooms"), "$.rooms")
    return {"booking": bookings.arrange_booking(platform(), required_log_in(), case, lot, Window(*moments), rooms)}


@routes.delete("/cases/<case>/lots/<lot>/booking")
@access(Action.BOOKING_ARRANGE)
def cancel(case: str, lot: str) -> Json:
    bookings.cancel_booking(platform(), required_log_in(), case, lot, text(body(), "reason"))
    return {}


@routes.get("/bookings")
@access(Action.BOOKING_ANSWER)
def list_bookings() -> Json:
    """What is booked in the rooms of one's own centre, by label: never what is evaluated."""
    with platform().database.reading() as db_session:
        now = platform().database.now(db_session.connection())
        return encode(calendars.own_parts(db_session, current_actor().organisation_id, now))


@routes.post("/bookings/<part>/answer")
@access(Action.BOOKING_ANSWER)
def answer(part: str) -> Json:
    """What the centre says to `begins_at`, `ends_at` and `booths` as it has read them: they may have changed since."""
    sent = body()
    moments = (decode(datetime, sent.get(name), f"$.{name}") for name in ("begins_at", "ends_at"))
    seen = terms_of(Window(*moments), decode(int, sent.get("booths"), "$.booths"))
    said = decode(Answer, sent.get("answer"), "$.answer")
    room = decode(str, sent.get("room", ""), "$.room")
    reason = decode(str, sent.get("reason", ""), "$.reason")
    bookings.answer_booking(platform(), required_log_in(), part, seen, said, reason, room)
    return {}

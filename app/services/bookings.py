"""Bookings of booths for a lot's evaluation: asked for by the host centre, answered by the centre of each room.

The host arranges and moves a booking until somebody has signed in, from then on only adds to it, and cancels it until a
draw counts on it. A room of
its own is agreed at once; another centre is asked, and asked again whenever hours or numbers change. Until sign-in
nobody but the host learns from a booking what is evaluated: to others it has a label.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case, Phase
from app.casefile.codec import encode
from app.models import Booking, BookingEvent, BookingPart, Room, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.convening import seats_by_site
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.procedure.venues import (
    HOLDING,
    Answer,
    RoomPlan,
    Window,
    check_answer,
    check_room,
    check_seats,
    check_window,
    free_booths,
    next_window,
    terms_of,
)
from app.queries.cases import load_case
from app.queries.people import holders
from app.queries.venues import booked_booths, booking_of, room_plans, window_of
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.booth_plan import forget_booths, plan_booths
from app.services.platform import Platform
from app.services.unit_of_work import leave_notice, plain_transaction, schedule_job, take_turns
from app.services.venues import turns_of_sites
from evaluation.draw import DrawConditions

ALPHABET = "ACDEFHJKMNPRTUVWXY3479"  # nothing that is mistaken for something else when it is read aloud
LONGEST_REASON = 200


def turns_of_booking(db_session: DbSession, case_id: str, lot: str) -> None:
    """A booking and what counts on it change one after the other."""
    take_turns(db_session, f"booking/{case_id}/{lot}")


def arrange_booking(
    platform: Platform, log_in: LogIn, case_id: str, lot: str, window: Window, wanted: Mapping[str, int]
) -> str:
    """Book booths (`wanted`: by room) for a lot's evaluation, or change what is booked; the booking's id.

    Raises RuleViolation `booking_in_use`, `booking_empty`, `room_unknown`, as `check_window` and `check_room` do, and,
    where a draw counts on the booking, as `check_seats` does.
    """
    with plain_transaction(platform.database) as (db_session, now):
        turns_of_booking(db_session, case_id, lot)
        actor, case = load_actor(db_session, log_in.account_id), load_case(db_session, case_id)
        authorize(actor, Action.BOOKING_ARRANGE, case, lot)
        check_window(window, case.tender.timetable.closes_at(lot), now)
        if not wanted:
            raise RuleViolation("booking_empty")
        booking = booking_of(db_session, case_id, lot) or _new(db_session, actor, case_id, lot, window)
        running = bool(case.lot(lot).sitting.keys)
        held = _held(db_session, booking)
        if running and not _only_more(booking, held, window, wanted):
            raise RuleViolation("booking_in_use")
        turns_of_sites(db_session, _sites(db_session, booking, case, wanted))
        stays = held if running and window == window_of(booking) else {}  # in use, whatever has failed there since
        changed = {room: booths for room, booths in wanted.items() if stays.get(room) != booths}
        _check_rooms(db_session, booking, window, changed)
        told = _arrange_parts(db_session, actor, booking, window, wanted, now)
        if window != window_of(booking) and case.lot(lot).draw.seats:
            _tell_called(db_session, booking, now)
        booking.begins_at, booking.ends_at = window.begins_at, window.ends_at
        db_session.flush()
        _check_draw(db_session, case, lot)
        if not running:
            forget_booths(db_session, case_id, lot)
        plan_booths(db_session, case, lot, now)
        _note(db_session, booking, now, "arranged", actor, **vars(window), booths=dict(wanted))
        for part, code in told:
            _tell_centre(db_session, booking, part, now, code, besides=actor.id)
        return booking.id


def _tell_called(db_session: DbSession, booking: Booking, now: datetime) -> None:
    """Whoever was called up for other hours is told, under a name that tells one change from the next."""
    of_lot = {"case_id": booking.case_id, "lot": booking.lot}
    schedule_job(db_session, "move_call_ups", now, **of_lot, detail=f"{now:%Y%m%dT%H%M%S.%f}")


def _held(db_session: DbSession, booking: Booking) -> dict[str, int]:
    """How many booths the booking holds, by room."""
    return {room: part.booths for room, part in _parts(db_session, booking).items() if part.answer in HOLDING}


def _only_more(booking: Booking, held: Mapping[str, int], window: Window, wanted: Mapping[str, int]) -> bool:
    """Whether a booking only grows, by a later end, booths or rooms: somebody may sit there already, and somebody who
    is drawn for a seat that was left may have to sit elsewhere."""
    kept = all(wanted.get(room, 0) >= booths for room, booths in held.items())
    return kept and window.begins_at == booking.begins_at and window.ends_at >= booking.ends_at


def _new(db_session: DbSession, actor: Actor, case_id: str, lot: str, window: Window) -> Booking:
    label = "".join(secrets.choice(ALPHABET) for _ in range(6))
    booking = Booking(id=secrets.token_hex(8), case_id=case_id, lot=lot, label=label, centre_id=actor.organisation_id)
    booking.begins_at, booking.ends_at = window.begins_at, window.ends_at
    db_session.add(booking)
    db_session.flush()
    return booking


def _parts(db_session: DbSession, booking: Booking) -> dict[str, BookingPart]:
    rows = db_session.scalars(select(BookingPart).where(BookingPart.booking_id == booking.id))
    return {part.room_id: part for part in rows}


def _sites(db_session: DbSession, booking: Booking, case: Case, wanted: Mapping[str, int]) -> set[str]:
    """Every site at which something may change: all are locked at once, in one order, or two requests could each wait
    for the other."""
    rooms = {*wanted, *_parts(db_session, booking)}
    sites = set(db_session.scalars(select(Room.site_id).where(Room.id.in_(rooms))))
    return sites | {seat.site for seat in case.lot(booking.lot).sitting.seats.values()}


def _check_rooms(db_session: DbSession, booking: Booking, window: Window, wanted: Mapping[str, int]) -> None:
    """Every room has so many booths; its caller has the locks, so that of two requests the second sees the first."""
    rooms = {room.id: room for room in db_session.scalars(select(Room).where(Room.id.in_(wanted)))}
    for room in wanted:
        if room not in rooms:
            raise RuleViolation("room_unknown", room=room)
    sites = {room.site_id for room in rooms.values()}
    beside = db_session.scalars(select(Room.id).where(Room.site_id.in_(sites)))
    plans = room_plans(db_session, [*beside], window.begins_at, without=booking.id)
    site_of = dict(db_session.execute(select(Room.id, Room.site_id).where(Room.site_id.in_(sites))).all())
    for room, booths in wanted.items():
        others = [plan for plan in plans.values() if plan.id != room and site_of[plan.id] == site_of[room]]
        check_free(plans[room], others, window, booths)


def check_free(room: RoomPlan, others: list[RoomPlan], window: Window, booths: int) -> None:
    """As `check_room`; a refusal also says what is free beside it, and when the room itself is."""
    try:
        check_room(room, window, booths)
    except RuleViolation as refusal:
        beside = [(other.name, free_booths(other, window)) for other in others]
        later = next_window(room, window, booths)
        more = {
            "elsewhere": [f"{name} {free}" for name, free in beside if free] or ["0"],
            "next_at": later.begins_at if later else "—",
        }
        raise RuleViolation(refusal.code, **{**refusal.facts, **more}) from refusal


def _arrange_parts(
    db_session: DbSession,
    actor: Actor,
    booking: Booking,
    window: Window,
    wanted: Mapping[str, int],
    now: datetime,
) -> list[tuple[BookingPart, str]]:
    """Rooms as wanted; what did not change keeps its answer. Which centres are to be told what."""
    there, moved, told = _parts(db_session, booking), window_of(booking) != window, []
    for room, part in there.items():
        if room not in wanted:
            told.append((part, "booking_released"))
            db_session.delete(part)
    for room, booths in wanted.items():
        part = there.get(room) or BookingPart(id=secrets.token_hex(8), booking_id=booking.id, room_id=room)
        standing = part.answer in HOLDING
        if room in there and standing and not moved and part.booths == booths:
            continue
        own = _centre_of(db_session, room) == actor.organisation_id
        part.booths, part.answer, part.reason = booths, Answer.ACCEPTED if own else Answer.ASKED, ""
        part.answered_by, part.answered_at = (actor.id, now) if own else ("", None)
        db_session.add(part)
        if not own:
            told.append((part, "booking_moved" if room in there else "booking_asked"))
    return told


def _centre_of(db_session: DbSession, room: str) -> str:
    query = select(Site.organisation_id).join(Room, Room.site_id == Site.id).where(Room.id == room)
    return db_session.execute(query).scalar_one()


def _check_draw(db_session: DbSession, case: Case, lot: str) -> None:
    """A draw that is approved keeps its seats; another centre may still have to agree to new hours."""
    state, spare = case.lot(lot), case.tender.published.profile.booths_spare
    if spare is None or not state.draw.approved or state.draw.conditions is None or state.evaluation_over:
        return
    booking = booking_of(db_session, case.id, lot)
    booths: dict[str, int] = {}
    for part in _parts(db_session, booking).values() if booking is not None else ():
        site = db_session.get_one(Room, part.room_id).site_id
        booths[site] = booths.get(site, 0) + part.booths
    needed = seats_by_site(state.draw.conditions, [member.site for member in state.buyers.members])
    check_seats(needed, booths, spare, site_names(db_session))


def answer_booking(
    platform: Platform, log_in: LogIn, part_id: str, seen: str, said: Answer, reason: str = "", room: str = ""
) -> None:
    """The centre of a room accepts, refuses or takes back. It may give another `room` of the same site.

    `seen` are the terms that it has read, as `terms_of` words them: it agrees to no others. Raises RuleViolation
    `booking_unknown`, `booking_changed`, `booking_reason_missing`, as `check_answer` and `check_room` do.
    """
    with plain_transaction(platform.database) as (db_session, now):
        actor = load_actor(db_session, log_in.account_id)
        authorize(actor, Action.BOOKING_ANSWER)
        part, booking = _answerable(db_session, actor, part_id)
        if seen != terms_of(window_of(booking), part.booths):
            raise RuleViolation("booking_changed", **vars(window_of(booking)), booths=part.booths)
        case = load_case(db_session, booking.case_id)
        notice = case.tender.published.profile.booking_withdrawal
        check_answer(Answer(part.answer), said, window_of(booking), now, notice)
        if said is not Answer.ACCEPTED and not reason.strip():
            raise RuleViolation("booking_reason_missing")
        if said is Answer.WITHDRAWN and case.lots[booking.lot].sitting.keys:
            raise RuleViolation("booking_in_use")
        if said is Answer.ACCEPTED and room and room != part.room_id:
            _other_room(db_session, booking, part, room)
        part.answer, part.reason = said, reason.strip()[:LONGEST_REASON]
        part.answered_by, part.answered_at = actor.id, now
        db_session.flush()
        if said is Answer.WITHDRAWN:
            forget_booths(db_session, booking.case_id, booking.lot)
        plan_booths(db_session, case, booking.lot, now)
        _note(db_session, booking, now, str(said), actor, room=part.room_id, booths=part.booths, reason=part.reason)
        _tell_host(db_session, booking, part, now)


def _answerable(db_session: DbSession, actor: Actor, part_id: str) -> tuple[BookingPart, Booking]:
    """The part and its booking under their locks, as they stand now. Raises RuleViolation `booking_unknown`."""
    part = db_session.get(BookingPart, part_id)
    booking = db_session.get(Booking, part.booking_id) if part is not None else None
    if part is None or booking is None or _centre_of(db_session, part.room_id) != actor.organisation_id:
        raise RuleViolation("booking_unknown")
    turns_of_booking(db_session, booking.case_id, booking.lot)
    turns_of_sites(db_session, _sites(db_session, booking, load_case(db_session, booking.case_id), {}))
    db_session.expire_all()
    again = db_session.get(BookingPart, part_id)
    if again is None or booking.cancelled_at is not None:
        raise RuleViolation("booking_unknown")
    return again, booking


def _other_room(db_session: DbSession, booking: Booking, part: BookingPart, room: str) -> None:
    """Another room of the same site instead. Raises RuleViolation `room_unknown`, as `check_room` does."""
    there, found = db_session.get_one(Room, part.room_id), db_session.get(Room, room)
    if found is None or found.site_id != there.site_id or room in _parts(db_session, booking):
        raise RuleViolation("room_unknown", room=room)
    _check_rooms(db_session, booking, window_of(booking), {room: part.booths})
    part.room_id = room


def cancel_booking(platform: Platform, log_in: LogIn, case_id: str, lot: str, reason: str) -> None:
    """The host needs the booths no more; every centre that was asked is told.

    Raises RuleViolation `booking_unknown`, `booking_reason_missing`, `booking_in_use`, `booking_drawn_upon`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        turns_of_booking(db_session, case_id, lot)
        actor, case = load_actor(db_session, log_in.account_id), load_case(db_session, case_id)
        authorize(actor, Action.BOOKING_ARRANGE, case, lot)
        booking, state = booking_of(db_session, case_id, lot), case.lot(lot)
        if booking is None:
            raise RuleViolation("booking_unknown")
        if not reason.strip():
            raise RuleViolation("booking_reason_missing")
        if state.sitting.keys:
            raise RuleViolation("booking_in_use")
        if state.draw.approved and not state.evaluation_over:
            raise RuleViolation("booking_drawn_upon")
        booking.cancelled_at, booking.cancel_reason = now, reason.strip()[:LONGEST_REASON]
        forget_booths(db_session, case_id, lot)
        _note(db_session, booking, now, "cancelled", actor, reason=booking.cancel_reason)
        for part in _parts(db_session, booking).values():
            if part.answer in HOLDING:
                _tell_centre(db_session, booking, part, now, "booking_cancelled", besides=actor.id)


def check_booked(db_session: DbSession, case: Case, lot: str, conditions: DrawConditions, now: datetime) -> None:
    """Seats are asked for only where booths are booked and agreed; how strictly is the profile's `booths_spare`.

    Raises RuleViolation as `check_seats` does.
    """
    spare = case.tender.published.profile.booths_spare
    if spare is None:
        return
    needed = seats_by_site(conditions, [member.site for member in case.lot(lot).buyers.members])
    check_seats(needed, booked_booths(db_session, case, lot, now), spare, site_names(db_session))


def site_names(db_session: DbSession) -> dict[str, str]:
    return dict(db_session.execute(select(Site.id, Site.name)).all())


def tell_of_move(db_session: DbSession, case: Case, lot: str, now: datetime) -> None:
    """A deadline has moved past the begin of a booking, which so counts no more: the host is told to move it, the
    other centres that it will be moved. Nothing is moved by itself, since it needs their consent."""
    booking, deadline = booking_of(db_session, case.id, lot), case.tender.timetable.closes_at(lot)
    if booking is None or (deadline is not None and booking.begins_at >= deadline):
        return
    for account in holders(db_session, booking.centre_id, Role.CENTRE_OPERATOR):
        facts = {"title": case.tender.published.title, "lot": lot, "label": booking.label}
        leave_notice(db_session, now, account, "booking_overtaken", facts, case.id)
    for part in _parts(db_session, booking).values():
        if _centre_of(db_session, part.room_id) != booking.centre_id:
            _tell_centre(db_session, booking, part, now, "booking_will_move")


def tell_of_failure(db_session: DbSession, case: Case, lot: str, now: datetime) -> None:
    """A lot that has failed holds nothing any more: the centres that kept booths for it are told that they are free."""
    booking = booking_of(db_session, case.id, lot) if case.phase(lot) is Phase.FAILED else None
    for part in _parts(db_session, booking).values() if booking is not None else ():
        if part.answer in HOLDING and _centre_of(db_session, part.room_id) != case.tender.published.parties.centre.id:
            _tell_centre(db_session, booking, part, now, "booking_released")


def _facts(db_session: DbSession, booking: Booking, part: BookingPart) -> dict[str, Any]:
    """What everybody may know of a booking: never what is evaluated."""
    room = db_session.get_one(Room, part.room_id)
    site = db_session.get_one(Site, room.site_id)
    return {
        "label": booking.label,
        "site": site.name,
        "room": room.name,
        "booths": part.booths,
        "begins_at": booking.begins_at,
        "ends_at": booking.ends_at,
    }


def _tell_centre(
    db_session: DbSession, booking: Booking, part: BookingPart, now: datetime, code: str, besides: str = ""
) -> None:
    """The operators of the room's centre; the notice leads to no case."""
    facts = _facts(db_session, booking, part)
    if code == "booking_cancelled":
        facts["reason"] = booking.cancel_reason
    for account in holders(db_session, _centre_of(db_session, part.room_id), Role.CENTRE_OPERATOR):
        if account != besides:
            leave_notice(db_session, now, account, code, facts)


def _tell_host(db_session: DbSession, booking: Booking, part: BookingPart, now: datetime) -> None:
    facts = {**_facts(db_session, booking, part), "reason": part.reason or "—"}
    for account in holders(db_session, booking.centre_id, Role.CENTRE_OPERATOR):
        if account != part.answered_by:
            leave_notice(db_session, now, account, f"booking_{part.answer}", facts, booking.case_id)


def _note(db_session: DbSession, booking: Booking, now: datetime, step: str, actor: Actor, **facts: Any) -> None:
    """One line of the booking's history."""
    text = json.dumps(encode(facts), ensure_ascii=False)
    db_session.add(BookingEvent(booking_id=booking.id, at=now, step=step, by=actor.id, facts=text))

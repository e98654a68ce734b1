"""Booths: a key made there waits for the witness, who certifies it, or says why nobody is let in.

A member may sit down at another booth of its site; from the witness's word on only the new key counts, and the old
booth's log-in has ended.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as DbSession

from app.models import Account, CallUp, PendingSignature, SeatRequest, WebSession
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.queries.venues import booking_of
from app.services.accounts import LOG_IN_VALID, LogIn, token_hash
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.bookings import turns_of_booking
from app.services.booth_plan import booth_of, free_for, plan_booths, seat_at
from app.services.call_ups import code_hash
from app.services.identities import check_photo, forget_photos, kept_photo
from app.services.platform import Platform
from app.services.register import (
    PROOF_LABEL,
    REGISTER,
    SEAT_KEY_VALID,
    end_seat_keys,
    enter_certificate,
    read_spki,
)
from app.services.sittings import member_account
from app.services.unit_of_work import plain_transaction, take_turns
from crypto.signing import key_id, verify_object
from evaluation.sitting import Seat
from evaluation.sitting.stages import FINAL


@dataclass(frozen=True)
class OfferedSeat:
    """The seat for which a code is good now, and where it sits ("" while it has no booth); `taken`: its member has
    signed in at another booth.
    """

    number: int
    taken: bool
    booth: str = ""


@dataclass(frozen=True)
class SeatOffer:
    """A booth's place in the queue; its token is dead until the witness has certified the key."""

    request: str
    token: str
    case_id: str
    lot: str
    seat: int


def offered_seat(platform: Platform, code: str) -> OfferedSeat:
    """The seat for which a code is good now. Raises RuleViolation `seat_code_wrong`, `sitting_not_convened`."""
    with platform.database.reading() as db_session:
        call_up, seat, taken = _offered(db_session, code)
        booth = booth_of(db_session, call_up.case_id, call_up.lot, seat.number, seat.site)
        return OfferedSeat(seat.number, bool(taken), str(booth or ""))


def _offered(db_session: DbSession, code: str) -> tuple[CallUp, Seat, str]:
    """Call-up and seat of a code, and the key that counts there now."""
    call_up = db_session.get(CallUp, code_hash(code))
    if call_up is None or not call_up.accepted:
        raise RuleViolation("seat_code_wrong")
    state = load_case(db_session, call_up.case_id).lot(call_up.lot).sitting
    seat = next((s for s in state.seats.values() if s.person == call_up.number), None)
    if seat is None:
        raise RuleViolation("sitting_not_convened")
    if seat.number in state.empty or state.stage in FINAL:
        raise RuleViolation("seat_code_wrong")
    return call_up, seat, state.keys.get(seat.number, "")


def request_seat(platform: Platform, code: str, spki_base64: str, proof: dict[str, str]) -> SeatOffer:
    """A person at a booth shows the code; the key was made on the booth's machine.

    An earlier request for the same seat that no witness has answered is forgotten: only one booth waits for a seat.
    Raises RuleViolation as `offered_seat` does, CryptoError `signature_wrong`.
    """
    spki = read_spki(spki_base64)
    verify_object(spki, PROOF_LABEL, {"code_sha256": code_hash(code), "origin": platform.origin}, proof)
    token = secrets.token_urlsafe(32)
    with plain_transaction(platform.database) as (db_session, now):
        call_up, seat, _ = _offered(db_session, code)
        mine = (SeatRequest.case_id == call_up.case_id, SeatRequest.lot == call_up.lot, SeatRequest.seat == seat.number)
        forget_photos(db_session, list(db_session.scalars(select(SeatRequest.id).where(*mine, *_WAITING))))
        db_session.execute(delete(SeatRequest).where(*mine, *_WAITING))
        plan_booths(db_session, load_case(db_session, call_up.case_id), call_up.lot, now, seat.site)
        request = SeatRequest(
            id=secrets.token_hex(16),
            case_id=call_up.case_id,
            lot=call_up.lot,
            seat=seat.number,
            account_id=call_up.account_id,
            site_id=seat.site,
            spki=spki_base64,
            token_hash=token_hash(token),
            created_at=now,
        )
        db_session.add(request)
        return SeatOffer(request.id, token, call_up.case_id, call_up.lot, seat.number)


_WAITING = (SeatRequest.certified_at.is_(None), SeatRequest.refused_at.is_(None))


@dataclass(frozen=True)
class WaitingSeat:
    """Who waits at the witness's own site, with the fingerprint that the booth shows.

    `replaces` is the key of the booth at which the member sat until now, "" at the first check-in. `booth` is where the
    seat is to sit, "" where there is none; `photo` the hash of the photo that the witness has taken, "" before.
    """

    request: str
    case_id: str
    lot: str
    seat: int
    name: str
    organisation: str
    key_id: str
    replaces: str
    booth: str = ""
    photo: str = ""


def waiting_seats(platform: Platform, log_in: LogIn) -> tuple[WaitingSeat, ...]:
    """Requests at the sites whose witness asks: names are shown here, at sign-in, for the first time."""
    with platform.database.reading() as db_session:
        actor = load_actor(db_session, log_in.account_id)
        query = (
            select(SeatRequest, Account)
            .join(Account, Account.id == SeatRequest.account_id)
            .where(SeatRequest.site_id.in_(actor.sites), *_WAITING)
            .order_by(SeatRequest.created_at)
        )
        return tuple(_waiting(db_session, request, account) for request, account in db_session.execute(query).all())


def _waiting(db_session: DbSession, request: SeatRequest, account: Account) -> WaitingSeat:
    keys = load_case(db_session, request.case_id).lot(request.lot).sitting.keys
    key, replaces = key_id(read_spki(request.spki)), keys.get(request.seat, "")
    place = (request.id, request.case_id, request.lot, request.seat)
    booth = booth_of(db_session, request.case_id, request.lot, request.seat, request.site_id)
    photo = kept_photo(db_session, request.id)
    shown = (str(booth or ""), photo.sha256 if photo is not None else "")
    return WaitingSeat(*place, account.name, account.organisation.name, key, replaces, *shown)


def free_booths_for(platform: Platform, log_in: LogIn, request_id: str) -> list[str]:
    """Where else at the witness's own site the member of a request may sit, as things stand.

    Raises RuleViolation `seat_request_unknown`.
    """
    with platform.database.reading() as db_session:
        request = db_session.get(SeatRequest, request_id)
        if request is None or request.site_id not in load_actor(db_session, log_in.account_id).sites:
            raise RuleViolation("seat_request_unknown")
        booking = booking_of(db_session, request.case_id, request.lot)
        now = platform.database.now(db_session.connection())
        return [str(one) for one in free_for(db_session, booking, request.site_id, now)] if booking else []


@completes("MemberIdentified")
def identify_member(act: Act) -> Answer:
    """The witness's word certifies the booth's key for this sitting and brings the booth's log-in to life.

    With it the key of a member that left the seat counts no more; until then no act was open to it.
    """
    request = _requested(act)
    turns_of_booking(act.work.db_session, act.work.case.id, act.lot)  # who changes it sees that somebody has signed in
    planned = booth_of(act.work.db_session, act.work.case.id, act.lot, act.fact.seat, request.site_id)
    if act.fact.booth is not None and act.fact.booth != str(planned or ""):
        if planned is None:
            raise RuleViolation("seat_without_booth", seat=act.fact.seat)
        raise RuleViolation("booth_other", seat=act.fact.seat, expected=str(planned), stated=act.fact.booth)
    return {"scope": _certify(act, request, "member_recused")}


@completes("BoothChanged")
def change_booth(act: Act) -> Answer:
    """The new booth's key counts from now on, the old one no more; what it had prepared to sign is void."""
    request, work, scope = _requested(act), act.work, f"{act.work.case.id}/{act.lot}#{act.fact.seat}"
    _take_booth(act, request)
    running = update(WebSession).where(WebSession.seat == scope, WebSession.ended_at.is_(None))
    work.db_session.execute(running.values(ended_at=work.now))
    prepared = (PendingSignature.case_id == work.case.id, PendingSignature.lot == act.lot)
    work.db_session.execute(delete(PendingSignature).where(*prepared, PendingSignature.seat == act.fact.seat))
    return {"scope": _certify(act, request, "booth_changed")}


@completes("CheckInRefused")
def refuse_check_in(act: Act) -> Answer:
    """The request is answered; the key is certified by nobody."""
    request = _requested(act)
    request.refused_at = act.work.now
    forget_photos(act.work.db_session, [request.id])
    return {}


def _take_booth(act: Act, request: SeatRequest) -> None:
    """The booth that the witness names is the seat's own or a free one. Raises RuleViolation `booth_not_free`."""
    db_session, named = act.work.db_session, act.fact.booth
    turns_of_booking(db_session, request.case_id, request.lot)
    planned = booth_of(db_session, request.case_id, request.lot, request.seat, request.site_id)
    if named is None or named == str(planned or ""):
        return
    take_turns(db_session, f"site/{request.site_id}")
    booking = booking_of(db_session, request.case_id, request.lot)
    free = free_for(db_session, booking, request.site_id, act.work.now) if booking is not None else []
    chosen = next((booth for booth in free if str(booth) == named), None)
    if chosen is None:
        raise RuleViolation("booth_not_free", booth=named)
    seat_at(db_session, request.case_id, request.lot, request.seat, chosen.id, act.work.now)


def _requested(act: Act) -> SeatRequest:
    """The request that a witness's act answers. Raises RuleViolation `seat_request_unknown`, `object_has_changed`."""
    request_id = act.proposal.attachments.get("request", b"").decode("ascii", "replace")
    request = act.work.db_session.get(SeatRequest, request_id, with_for_update=True)
    wanted = (act.work.case.id, act.lot, act.fact.seat)
    if (
        request is None
        or (request.case_id, request.lot, request.seat) != wanted
        or request.site_id not in act.actor.sites
        or request.refused_at is not None
    ):
        raise RuleViolation("seat_request_unknown")
    key = key_id(read_spki(request.spki))
    if act.fact.key_id != key or act.fact.witness != act.actor.id:
        raise RuleViolation("object_has_changed", expected=key[:12], stated=act.fact.key_id[:12])
    return request


def _certify(act: Act, request: SeatRequest, ended: str) -> str:
    work, db_session, spki = act.work, act.work.db_session, read_spki(request.spki)
    check_photo(db_session, request.id, act.fact.identity)
    scope = f"{work.case.id}/{act.lot}#{act.fact.seat}"
    seat = work.case.lots[act.lot].sitting.seats[act.fact.seat]
    account = member_account(db_session, work.case, act.lot, seat)
    if account.id != request.account_id:
        raise RuleViolation("draw_person_differs", number=seat.person[:12])
    register = work.join(REGISTER)
    end_seat_keys(register, scope, ended)
    enter_certificate(act.platform, register, account, spki, usage="sitting", scope=scope, valid=SEAT_KEY_VALID)
    booth = WebSession(token_hash=request.token_hash, account_id=account.id, seat=scope, created_at=work.now)
    booth.expires_at, request.certified_at = work.now + LOG_IN_VALID, work.now
    db_session.add(booth)
    return scope


class Standing(StrEnum):
    """What became of a booth's request."""

    WAITING = "waiting"
    SEATED = "seated"
    REFUSED = "refused"
    MOVED = "moved"  # the member sits at another booth
    LEFT = "left"  # the member has stepped back
    OVERTAKEN = "overtaken"  # another booth asked for the seat before the witness came


@dataclass(frozen=True)
class BoothStanding:
    """Where a booth stands, since when, and what the witness wrote."""

    standing: Standing
    at: datetime | None = None
    reason: str = ""
    ground: str = ""


def booth_standing(platform: Platform, request_id: str) -> BoothStanding:
    """What a booth may be told of its own request, with a log-in or without."""
    with platform.database.reading() as db_session:
        request = db_session.get(SeatRequest, request_id)
        if request is None:
            return BoothStanding(Standing.OVERTAKEN)
        sitting, key = load_case(db_session, request.case_id).lot(request.lot).sitting, key_id(read_spki(request.spki))
        if request.refused_at is not None:
            refused = sitting.turned_away.get(request.seat)
            said = (refused.reason, refused.ground) if refused and refused.key_id == key else ("", "")
            return BoothStanding(Standing.REFUSED, request.refused_at, *said)
        if request.certified_at is None:
            return BoothStanding(Standing.WAITING)
        moved = sitting.moves.get(request.seat)
        if key not in sitting.keys.values() and (moved is None or moved.key_id == key):
            return BoothStanding(Standing.LEFT, request.certified_at)
        if moved is None or sitting.keys.get(request.seat) == key:
            return BoothStanding(Standing.SEATED, request.certified_at)
        mine = (SeatRequest.case_id == request.case_id, SeatRequest.lot == request.lot)
        later = select(SeatRequest.certified_at).where(
            *mine, SeatRequest.seat == request.seat, SeatRequest.certified_at > request.certified_at
        )
        at = db_session.scalar(later.order_by(SeatRequest.certified_at).limit(1))
        return BoothStanding(Standing.MOVED, at, moved.reason if moved.replaces == key else "")

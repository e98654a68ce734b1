"""Calling up who was drawn: by mail, text message and telephone, without naming the project, and never at night.

The notification service alone opens a pseudonym; each look-up, and each attempt to reach somebody, is on record.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.adapters.messaging import NotSent
from app.models import Account, CallUp
from app.procedure.calling import awake, telephone_calls
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.procedure.typed_codes import call_up_digest
from app.services.contacts import Contact, contact_of
from app.services.draws import drawn_account
from app.services.meeting import Meeting, meeting_at
from app.services.notices import (
    CallUpWords,
    send_call_up,
    send_call_up_declined,
    send_call_up_moved,
    send_call_up_over,
    tell_role,
)
from app.services.overdue_parties import expect_commitments
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work
from evaluation import draw as rules
from evaluation.draw import Channel, DrawState, Outcome, SeatState

TOGETHER = timedelta(seconds=5)  # whose times to answer end so near to each other are passed over together


def call_up_code(platform: Platform, case_id: str, lot: str, person: str) -> str:
    """The code by which a person answers and later sits down: made anew from the installation's secret, not stored."""
    digest = hmac.new(platform.keys.secret, f"call-up/{case_id}/{lot}/{person}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode()


def send_call_ups(platform: Platform, case_id: str, lot: str) -> None:
    """Call every drawn candidate, in the morning if it is night. Repeating it is harmless."""
    with unit_of_work(platform.database, case_id, lot) as work:
        if work.case.lots[lot].evaluation_over:
            return
        morning = awake(work.now, work.case.tender.published.profile.quiet_hours)
        drawn = sorted(number for number, seat in work.case.lots[lot].draw.seats.items() if seat is SeatState.DRAWN)
        if morning > work.now and drawn:
            work.schedule("send_call_ups", morning, lot=lot, detail=f"from-{morning:%Y%m%dT%H%M}")
            return
        for number in drawn:
            _call(platform, work, lot, number)
        after_answer(work, lot, None)  # somebody may have declined while this round was held


def call_expert(platform: Platform, case_id: str, lot: str, attempt: str) -> None:
    """Make one attempt, `number/channel/count`, to reach whoever has not answered; it is on record with its outcome,
    failures in a row as one.

    The time to answer runs from the first attempt that reached somebody. One that failed is made again; whoever keeps
    the centre is told once. Raises NotSent, OSError; RuleViolation `contact_missing` for whoever has no address.
    """
    number, name, count = attempt.split("/")
    channel, failure, outcome = Channel(name), None, None
    with unit_of_work(platform.database, case_id, lot) as work:
        row = work.db_session.get(CallUp, code_hash(call_up_code(platform, case_id, lot, number)))
        if row is None or not _due(work, row, channel, int(count)):
            return
        contact, answer_by, meeting = _contact(platform, work, row), _answer_by(work, row), _meeting(work, row)
    words = CallUpWords(call_up_code(platform, case_id, lot, number), answer_by, meeting)
    try:
        if not (contact.mail or contact.phone):
            raise RuleViolation("contact_missing")
        outcome = send_call_up(platform, contact, channel, words, attempt)
    except (NotSent, OSError, RuleViolation) as exc:
        outcome, failure = Outcome.FAILED, exc
    if outcome is not None:
        with unit_of_work(platform.database, case_id, lot) as work:
            _record(work, row.code_hash, rules.CallAttempted(row.round, number, channel, outcome))
    if failure is not None:
        raise failure


def _due(work: UnitOfWork, row: CallUp, channel: Channel, count: int) -> bool:
    """Whether an attempt is still to be made now: there is time, and at night a text message or a call waits for the
    morning."""
    state, profile = work.case.lots[row.lot], work.case.tender.published.profile
    late = row.answer_by <= work.now and state.draw.reached(row.number)
    if row.answered_at is not None or late or state.evaluation_over or _made(state.draw, row.number, channel) >= count:
        return False
    morning = awake(work.now, profile.quiet_hours)
    if channel is Channel.MAIL or morning == work.now:
        return True
    work.schedule("call_expert", morning, lot=row.lot, detail=f"{row.number}/{channel}/{count + 1}")
    return False


def _answer_by(work: UnitOfWork, row: CallUp) -> datetime:
    """Until when to answer, as it is told: as before to whoever was reached; else counted from now, a moment less than
    there will be."""
    if work.case.lots[row.lot].draw.reached(row.number):
        return row.answer_by
    return work.case.tender.published.profile.answer_by(work.now)


def _record(work: UnitOfWork, key: str, fact: rules.CallAttempted) -> None:
    row = work.db_session.get_one(CallUp, key)
    draw = work.case.lots[row.lot].draw
    made, reached = draw.attempts.get(row.number, ()), draw.reached(row.number)
    last = next((one.outcome for one in reversed(made) if one.channel is fact.channel), None)
    if fact.outcome is Outcome.FAILED and last is Outcome.FAILED:
        return  # once on record until it comes to something: what cannot be sent is tried again for days
    work.conclude(fact, row.lot)
    if fact.outcome is Outcome.FAILED and not made:
        terms = work.case.tender.published
        facts = {"title": terms.title, "lot": row.lot, "number": row.number[:8]}
        tell_role(work, terms.parties.centre.id, Role.CENTRE_OPERATOR, "call_up_failed", **facts)
    elif fact.outcome is not Outcome.FAILED and not reached:
        row.answer_by = work.case.tender.published.profile.answer_by(work.now)
        work.schedule("expire_call_ups", row.answer_by, lot=row.lot, detail=row.number)


def _made(draw: DrawState, number: str, channel: Channel) -> int:
    """How many attempts by this channel came to something: whoever died after one does not make it again."""
    made = draw.attempts.get(number, ())
    return sum(one.channel is channel and one.outcome is not Outcome.FAILED for one in made)


def cancel_call_ups(platform: Platform, case_id: str, lot: str) -> None:
    """Whoever was called, has not declined and is at no booth is told that the evaluation has ended. Repeating it is
    harmless."""
    with unit_of_work(platform.database, case_id, lot) as work:
        contacts = {row.number: _contact(platform, work, row) for row in _expected(work, lot)}
    for number, contact in contacts.items():
        send_call_up_over(platform, contact, call_up_code(platform, case_id, lot, number))


def move_call_ups(platform: Platform, case_id: str, lot: str) -> None:
    """Whoever was called, has not declined and is at no booth is told the hours as they stand now. Repeating it is
    harmless."""
    with unit_of_work(platform.database, case_id, lot) as work:
        rows = _expected(work, lot)
        told = {row.number: (_contact(platform, work, row), _meeting(work, row)) for row in rows}
    for number, (contact, meeting) in told.items():
        send_call_up_moved(platform, contact, call_up_code(platform, case_id, lot, number), meeting)


def _expected(work: UnitOfWork, lot: str) -> list[CallUp]:
    """Whoever was called, has not declined and is at no booth."""
    state = work.case.lots[lot]
    there = {state.sitting.seats[number].person for number in state.sitting.keys}
    expected = {number for number, seat in state.draw.seats.items() if seat.holds_a_seat} - there
    query = select(CallUp).where(CallUp.case_id == work.case.id, CallUp.lot == lot, CallUp.number.in_(expected))
    return list(work.db_session.scalars(query))


def _meeting(work: UnitOfWork, row: CallUp) -> Meeting:
    """When and where an expert is to be."""
    _speciality, _slash, site = work.case.lots[row.lot].draw.drawn_for[row.number].rpartition("/")
    return meeting_at(work.db_session, work.case, row.lot, site, work.now)


def _contact(platform: Platform, work: UnitOfWork, row: CallUp) -> Contact:
    account = work.db_session.get_one(Account, row.account_id)
    return contact_of(platform, work.db_session, account, "call_up", work.now)


def _call(platform: Platform, work: UnitOfWork, lot: str, number: str) -> None:
    profile = work.case.tender.published.profile
    round_ = _round_of(work.case.lots[lot].draw, number)
    work.conclude(rules.CallUpSent(round_, number), lot)
    answer_by = profile.answer_by(work.now)
    account = drawn_account(work.db_session, work.case, lot, number)
    add_call_up(platform, work, lot, number, account.id, round_, answer_by)
    rests = profile.answer_rests_at_night
    calls = telephone_calls(work.now, answer_by, profile.telephone_after, profile.quiet_hours, rests)
    for channel, moments in ((Channel.MAIL, (work.now,)), (Channel.TEXT, (work.now,)), (Channel.VOICE, calls)):
        for count, at in enumerate(moments, 1):
            work.schedule("call_expert", at, lot=lot, detail=f"{number}/{channel}/{count}")


def add_call_up(
    platform: Platform, work: UnitOfWork, lot: str, person: str, account_id: str, round_: int, answer_by: datetime
) -> None:
    """The row by which a code is recognised."""
    code = call_up_code(platform, work.case.id, lot, person)
    work.db_session.add(
        CallUp(
            code_hash=code_hash(code),
            case_id=work.case.id,
            lot=lot,
            round=round_,
            number=person,
            account_id=account_id,
            answer_by=answer_by,
        )
    )
    work.db_session.flush()


def code_hash(code: str) -> str:
    """What the database keeps of a call-up code."""
    return call_up_digest(code)


def _round_of(draw: DrawState, number: str) -> int:
    drawn = (r for r in draw.rounds if r.result and any(number in ids for ids in r.result.selected.values()))
    return max(r.number for r in drawn)


def _pending(db_session: DbSession, case_id: str, lot: str) -> list[CallUp]:
    query = select(CallUp).where(CallUp.case_id == case_id, CallUp.lot == lot, CallUp.answered_at.is_(None))
    return list(db_session.scalars(query))


@dataclass(frozen=True)
class CalledUp:
    """A call-up as its receiver reads it by its code: when and where to be, until when to answer, and what was said.

    `accepted` is None while nothing was.
    """

    meeting: Meeting
    answer_by: datetime
    accepted: bool | None


def read_call_up(platform: Platform, code: str) -> CalledUp:
    """What a code is about. Raises RuleViolation `call_up_unknown`, `call_up_over`, `call_up_expired`,
    `call_up_declined`."""
    with _called_up(platform, code) as (work, row):
        if row.accepted is False:
            raise RuleViolation("call_up_declined", answered_at=_second(row.answered_at))
        return CalledUp(_meeting(work, row), _second(row.answer_by), row.accepted)


def answer_call_up(platform: Platform, code: str, accepted: bool, reason: str) -> Meeting:
    """The expert's answer by code; when and where to be. A refusal opens the next round at once. Who has accepted may
    say so again, and may decline after all until the sitting is convened.

    Raises RuleViolation `call_up_unknown`, `call_up_over`, `call_up_expired`, `call_up_declined`, `call_up_settled`,
    `call_up_reason_missing`.
    """
    with _called_up(platform, code) as (work, row):
        if row.accepted is False:
            raise RuleViolation("call_up_declined", answered_at=_second(row.answered_at))
        meeting = _meeting(work, row)
        if row.accepted and accepted:
            return meeting
        if row.accepted and work.case.lots[row.lot].convened:
            raise RuleViolation("call_up_settled", answered_at=_second(row.answered_at))
        reason = "" if accepted else reason
        work.conclude(rules.CallUpAnswered(row.round, row.number, accepted, reason), row.lot)
        row.answered_at, row.accepted = work.now, accepted
        if not accepted:
            work.schedule("confirm_declined", work.now, lot=row.lot, detail=row.number)
        after_answer(work, row.lot, None if accepted else rules.RoundReason.REFUSED)
        return meeting


def confirm_declined(platform: Platform, case_id: str, lot: str, number: str) -> None:
    """Tell whoever has declined that this is what was heard: somebody else may have answered with the code. Repeating
    it is harmless."""
    code = call_up_code(platform, case_id, lot, number)
    with unit_of_work(platform.database, case_id, lot) as work:
        row = work.db_session.get(CallUp, code_hash(code))
        if row is None or row.accepted is not False or row.answered_at is None:
            return
        contact, answered_at = _contact(platform, work, row), row.answered_at
    send_call_up_declined(platform, contact, code, answered_at)


@contextmanager
def _called_up(platform: Platform, code: str) -> Iterator[tuple[UnitOfWork, CallUp]]:
    """The call-up of a code whose time is not over, in its own transaction."""
    with platform.database.reading() as db_session:
        row = db_session.get(CallUp, code_hash(code))
    if row is None:
        raise RuleViolation("call_up_unknown")
    with unit_of_work(platform.database, row.case_id, row.lot) as work:
        row = work.db_session.get_one(CallUp, code_hash(code))
        draw = work.case.lots[row.lot].draw
        if work.case.lots[row.lot].evaluation_over:
            raise RuleViolation("call_up_over")
        if row.number not in draw.drawn_for:  # the buyer's representative is named, not asked
            raise RuleViolation("call_up_unknown")
        passed_over = draw.seats.get(row.number) is SeatState.EXPIRED
        if passed_over or (row.answered_at is None and draw.reached(row.number) and row.answer_by <= work.now):
            raise RuleViolation("call_up_expired", answer_by=_second(row.answer_by))
        yield work, row


def _second(at: datetime | None) -> datetime | None:
    """An instant as people are told it."""
    return at and at.replace(microsecond=0)


def expire_call_ups(platform: Platform, case_id: str, lot: str) -> None:
    """Whoever was reached and did not answer in time is passed over, on the machine's own record; nobody once the
    sitting has ended."""
    with unit_of_work(platform.database, case_id, lot) as work:
        if work.case.lots[lot].evaluation_over:
            return
        reached, pending = work.case.lots[lot].draw.reached, _pending(work.db_session, case_id, lot)
        waiting = [row for row in pending if row.round and reached(row.number)]
        expired = [row for row in waiting if row.answer_by <= work.now]
        soon = [row.answer_by for row in waiting if work.now < row.answer_by <= work.now + TOGETHER]
        if expired and soon:
            work.schedule("expire_call_ups", max(soon), lot=lot, detail=f"until-{max(soon):%Y%m%dT%H%M%S.%f}")
            return
        for row in expired:
            work.conclude(rules.CallUpExpired(row.round, row.number), lot)
            row.answered_at, row.accepted = work.now, False
        if expired:
            after_answer(work, lot, rules.RoundReason.EXPIRED)


def after_answer(work: UnitOfWork, lot: str, reason: rules.RoundReason | None) -> None:
    """A further round as soon as a seat is open and no round is held; the sitting once nobody's answer is awaited."""
    draw = work.case.lots[lot].draw
    waiting, current = {SeatState.DRAWN, SeatState.CALLED} & set(draw.seats.values()), draw.current
    if rules.missing(draw):
        if current is not None and current.result is not None:
            reason = reason or _recorded_reason(draw)
            work.conclude(rules.DrawRoundOpened(current.number + 1, reason, current.record_sha256, ""), lot)
            expect_commitments(work, lot)
            _tell_if_exhausted(work, lot)
            _tell_of_many(work, lot, current.number + 1)
    elif not waiting:
        work.schedule("convene_sitting", work.now, lot=lot, detail=f"draw-{current.number if current else 0}")


def _tell_if_exhausted(work: UnitOfWork, lot: str) -> None:
    """Nobody is left for the round, as far as the record shows: the agency's officer may propose wider conditions."""
    draw, terms = work.case.lots[lot].draw, work.case.tender.published
    if draw.current is not None and rules.exhausted(draw) is not None:
        facts = {"title": terms.title, "lot": lot, "round": draw.current.number}
        tell_role(work, terms.parties.agency.id, Role.AGENCY_OFFICER, "draw_exhausted", **facts)


def _tell_of_many(work: UnitOfWork, lot: str, round_: int) -> None:
    """A committee that is drawn for again and again is looked at while it is: by its parties and the authority."""
    terms = work.case.tender.published
    if terms.profile.rounds_usual is None or round_ <= terms.profile.rounds_usual:
        return
    facts = {"title": terms.title, "lot": lot, "round": round_, "usual": terms.profile.rounds_usual}
    for party, role in (
        (terms.parties.agency, Role.AGENCY_SUPERVISOR),
        (terms.parties.centre, Role.CENTRE_OPERATOR),
        (terms.parties.regulator, Role.REGULATOR),
    ):
        tell_role(work, party.id, role, "draw_many_rounds", **facts)


def _recorded_reason(draw: DrawState) -> rules.RoundReason:
    """Why a seat is still open although the last answer was a yes."""
    states = set(draw.seats.values())
    reasons = {
        SeatState.DISMISSED: rules.RoundReason.DISMISSED,
        SeatState.REFUSED: rules.RoundReason.REFUSED,
        SeatState.EXPIRED: rules.RoundReason.EXPIRED,
    }
    return next((reason for seat, reason in reasons.items() if seat in states), rules.RoundReason.UNFILLED)

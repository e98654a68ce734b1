"""The draw of experts around its pure procedure: pools behind pseudonyms, shares checked, experts called up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.codec import encode
from app.casefile.inspecting import draw_statement
from app.casefile.sealing import committee_of
from app.models import Account, CallUp, Expert, Organisation, Pseudonym, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.calendar import add
from app.procedure.convening import check_draw_conditions
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.contacts import mail_address
from app.services.experts import account_of_expert, experts_for
from app.services.notices import mail_call_up, mail_call_up_over
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, plain_transaction, unit_of_work
from crypto.canonical import Json
from evaluation import draw as rules
from evaluation import experts
from evaluation.draw import Candidate, DrawConditions, DrawRound, DrawState, SeatState, Stratum
from evaluation.experts import EligibilityRules, eligible
from evaluation.recusal import BidderParties, RecusalRules, conflicts


@completes("DrawConditionsProposed")
def propose_conditions(act: Act) -> Answer:
    state, committee = act.work.case.lots[act.lot], committee_of(act.work.case)
    terms, buyers = act.work.case.tender.published, [member.site for member in state.buyer_members]
    fact = act.fact
    check_draw_conditions(fact.conditions, terms, buyers, act.work.case.id, act.lot, (committee.id, committee.k))
    check_pools(act.work.db_session, act.work.case, fact.conditions, act.work.now.date())
    return {"conditions_sha256": rules.conditions_sha256(fact.conditions)}


@completes("DrawConditionsApproved")
def approve_conditions(act: Act) -> Answer:
    """Once approved the conditions are final, so there must be enough people for them now."""
    conditions = act.work.case.lots[act.lot].draw.conditions
    assert conditions is not None
    check_pools(act.work.db_session, act.work.case, conditions, act.work.now.date())
    return {}


def pool_sizes(db_session: DbSession, case: Case, conditions: DrawConditions, on: date) -> dict[str, int]:
    """How many experts of the library each stratum may be drawn from, those included who will have to be recused."""
    pool = experts_for(db_session, [_place(stratum) for stratum in conditions.strata])
    return {stratum.name: len(_eligible(pool, case, stratum, on)) for stratum in conditions.strata}


def check_pools(db_session: DbSession, case: Case, conditions: DrawConditions, on: date) -> None:
    """Raises RuleViolation `draw_pool_too_small` for a stratum with more seats than people."""
    sizes = pool_sizes(db_session, case, conditions, on)
    for stratum in conditions.strata:
        available = sizes[stratum.name]
        if available < stratum.quota:
            speciality, site_id = _place(stratum)
            site = db_session.get(Site, site_id)
            group = f"{speciality} · {site.name if site else site_id}"
            raise RuleViolation("draw_pool_too_small", group=group, available=available, quota=stratum.quota)


def _place(stratum: Stratum) -> tuple[str, str]:
    """Speciality and site of a stratum."""
    speciality, _slash, site = stratum.name.rpartition("/")
    return speciality, site


def _eligible(pool: Sequence[experts.Expert], case: Case, stratum: Stratum, on: date) -> tuple[experts.Expert, ...]:
    profile, (speciality, site) = case.tender.published.profile, _place(stratum)
    demands = EligibilityRules(profile.oldest_expert, profile.expert_years)
    return eligible(pool, demands, speciality=speciality, site=site, on=on)


def current_round(case: Case, lot: str) -> DrawRound:
    """The latest round of a lot's draw. Raises RuleViolation `draw_conditions_not_approved`."""
    found = case.lot(lot).draw.current
    if found is None:
        raise RuleViolation("draw_conditions_not_approved")
    return found


def freeze_pool(platform: Platform, log_in: LogIn, case_id: str, lot: str) -> Json:
    """The payload of DrawStated for the open round: the pool, frozen at its first asking, and the statement."""
    with plain_transaction(platform.database) as (db_session, now):
        case = load_case(db_session, case_id)
        authorize(load_actor(db_session, log_in.account_id), Action.DRAW_STATE, case, lot)
        draw = case.lot(lot).draw
        if case.inspection is not None:
            return encode(draw_statement(case, lot))
        if not _pseudonyms(db_session, case_id, lot):
            _freeze(db_session, case, lot, now.date())
            db_session.flush()
        return _stated_payload(db_session, case, lot, draw)


def _freeze(db_session: DbSession, case: Case, lot: str, on: date) -> None:
    """Pseudonyms for everybody eligible for any stratum, with the conflicts that the system finds."""
    profile, draw = case.tender.published.profile, case.lots[lot].draw
    assert draw.conditions is not None
    pool = experts_for(db_session, [_place(stratum) for stratum in draw.conditions.strata])
    secret = os.urandom(32)
    bidders, buyers = _parties(db_session, case, lot)
    recusal = RecusalRules(profile.past_employer_years)
    strata: dict[str, list[str]] = {}
    for stratum in draw.conditions.strata:
        for expert in _eligible(pool, case, stratum, on):
            strata.setdefault(expert.id, []).append(stratum.name)
    for expert in (e for e in pool if e.id in strata):
        found = conflicts(expert, bidders, buyers, recusal, on)
        db_session.add(
            Pseudonym(
                case_id=case.id,
                lot=lot,
                number=rules.pseudonym(secret, draw.conditions.draw_id, expert.id),
                unit=rules.pseudonym(secret, draw.conditions.draw_id, f"unit:{expert.organisation}"),
                strata=json.dumps(strata[expert.id]),
                expert_id=expert.id,
                salt=os.urandom(32),
                findings=json.dumps([encode(conflict) for conflict in found]),
            )
        )


def _parties(db_session: DbSession, case: Case, lot: str) -> tuple[list[BidderParties], list[str]]:
    """Bidders and buyer's side by credit code, as recusal compares them."""
    bidders = [
        BidderParties(bid.bidder, (db_session.get_one(Organisation, bid.bidder).credit_code,), (bid.project_manager,))
        for bid in case.lots[lot].opening.opened.values()
    ]
    assert case.tender.parties is not None
    agency = db_session.get_one(Organisation, case.tender.parties.agency.id)
    return bidders, [agency.credit_code]


def _pseudonyms(db_session: DbSession, case_id: str, lot: str) -> list[Pseudonym]:
    query = select(Pseudonym).where(*_of_lot(case_id, lot)).order_by(Pseudonym.number)
    return list(db_session.scalars(query))


def _of_lot(case_id: str, lot: str) -> tuple[ColumnElement[bool], ...]:
    return Pseudonym.case_id == case_id, Pseudonym.lot == lot


def _accounts(db_session: DbSession, case_id: str, lot: str) -> dict[str, str]:
    """The account behind each number of a lot's pool."""
    query = select(Pseudonym.number, Expert.account_id).join(Expert, Expert.id == Pseudonym.expert_id)
    return {number: account for number, account in db_session.execute(query.where(*_of_lot(case_id, lot)))}


def commitment_of(row: Pseudonym, draw_id: str, account: str) -> str:
    """What the pool must say of this row if `account` is behind it."""
    return rules.person_commitment(row.salt, draw_id, row.number, account)


def drawn_account(db_session: DbSession, case: Case, lot: str, number: str) -> Account:
    """Who is behind a drawn number: the person to whom the pool was bound when it was stated, and nobody else.

    Raises RuleViolation `draw_person_differs`.
    """
    draw, row = case.lots[lot].draw, db_session.get_one(Pseudonym, (case.id, lot, number))
    account = account_of_expert(db_session, row.expert_id)
    stated = next(candidate.person for candidate in draw.rounds[0].candidates if candidate.id == number)
    assert draw.conditions is not None
    if stated and stated != commitment_of(row, draw.conditions.draw_id, account.id):
        raise RuleViolation("draw_person_differs", number=number[:12])
    return account


def _stated_payload(db_session: DbSession, case: Case, lot: str, draw: DrawState) -> Json:
    current, conditions = current_round(case, lot), draw.conditions
    assert conditions is not None
    rows, accounts = _pseudonyms(db_session, case.id, lot), _accounts(db_session, case.id, lot)
    people = {row.number: commitment_of(row, conditions.draw_id, accounts[row.number]) for row in rows}
    candidates = [Candidate(row.number, row.unit, tuple(json.loads(row.strata)), people[row.number]) for row in rows]
    reasons = {row.number: row.findings for row in rows if row.findings != "[]"} | rules.excluded(draw)
    salts = {row.number: row.salt for row in rows}
    recused = {number: rules.reason_sha256(salts[number], number, reason) for number, reason in reasons.items()}
    earlier = None
    if current.number > 1:
        earlier = rules.EarlierRound(current.earlier_record_sha256, str(current.reason or ""), current.second_signature)
    stated = rules.statement(
        conditions,
        round_=current.number,
        strata=draw.strata,
        candidates=candidates,
        recused=recused,
        commitments=current.commitments,
        earlier=earlier,
    )
    text = rules.statement_bytes(stated).decode()
    return encode(rules.DrawStated(current.number, text, tuple(candidates)))


@completes("DrawStated")
def state_draw(act: Act) -> Answer:
    """What the centre signs must be the platform's own frozen pool, word for word."""
    case, before = act.work.case, act.work.case.lots[act.lot].draw
    # The fact is applied already; the statement is a function of what stood before it, which it leaves unchanged.
    if case.inspection is not None:
        expected = encode(draw_statement(case, act.lot))
    else:
        expected = _stated_payload(act.work.db_session, case, act.lot, before)
    if expected != act.proposal.payload:
        raise RuleViolation("draw_pool_differs")
    return {}


def call_up_code(platform: Platform, case_id: str, lot: str, person: str) -> str:
    """The code by which a person answers and later sits down: made anew from the installation's secret, not stored."""
    digest = hmac.new(platform.keys.secret, f"call-up/{case_id}/{lot}/{person}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode()


def send_call_ups(platform: Platform, case_id: str, lot: str) -> None:
    """Call every drawn candidate; mail again whoever was called and has not answered. Repeating it is harmless."""
    with unit_of_work(platform.database, case_id, lot) as work:
        if work.case.lots[lot].evaluation_over:
            return
        draw = work.case.lots[lot].draw
        for number, seat in sorted(draw.seats.items()):
            if seat is SeatState.DRAWN:
                _call(platform, work, lot, number)
        pending = _pending(work.db_session, case_id, lot)
        messages = [
            (row.number, _address(platform, work, row), row.answer_by, site_of(work.db_session, work.case, row))
            for row in pending
        ]
    for number, address, answer_by, site in messages:
        mail_call_up(platform, address, call_up_code(platform, case_id, lot, number), answer_by, site)


def cancel_call_ups(platform: Platform, case_id: str, lot: str) -> None:
    """Whoever was called, has not declined and is at no booth is told that the evaluation has ended. Repeating it is
    harmless."""
    with unit_of_work(platform.database, case_id, lot) as work:
        state = work.case.lots[lot]
        there = {state.sitting.seats[number].person for number in state.sitting.keys}
        expected = {number for number, seat in state.draw.seats.items() if seat.holds_a_seat} - there
        query = select(CallUp).where(CallUp.case_id == case_id, CallUp.lot == lot, CallUp.number.in_(expected))
        addresses = {row.number: _address(platform, work, row) for row in work.db_session.scalars(query)}
    for number, address in ((number, address) for number, address in addresses.items() if address):
        mail_call_up_over(platform, address, call_up_code(platform, case_id, lot, number))


def site_of(db_session: DbSession, case: Case, row: CallUp) -> str:
    """The name of the place for which an expert was drawn."""
    _speciality, _slash, site = case.lots[row.lot].draw.drawn_for[row.number].rpartition("/")
    return db_session.get_one(Site, site).name


def _address(platform: Platform, work: UnitOfWork, row: CallUp) -> str:
    account = work.db_session.get_one(Account, row.account_id)
    return mail_address(platform, work.db_session, account, "call_up", work.now)


def _call(platform: Platform, work: UnitOfWork, lot: str, number: str) -> None:
    profile = work.case.tender.published.profile
    round_ = _round_of(work.case.lots[lot].draw, number)
    work.conclude(rules.CallUpSent(round_, number), lot)
    answer_by = add(work.now, profile.call_up_answer)
    account = drawn_account(work.db_session, work.case, lot, number)
    add_call_up(platform, work, lot, number, account.id, round_, answer_by)
    work.schedule("expire_call_ups", answer_by, lot=lot, detail=number)


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
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()


def _round_of(draw: DrawState, number: str) -> int:
    drawn = (r for r in draw.rounds if r.result and any(number in ids for ids in r.result.selected.values()))
    return max(r.number for r in drawn)


def _pending(db_session: DbSession, case_id: str, lot: str) -> list[CallUp]:
    query = select(CallUp).where(CallUp.case_id == case_id, CallUp.lot == lot, CallUp.answered_at.is_(None))
    return list(db_session.scalars(query))


def answer_call_up(platform: Platform, code: str, accepted: bool, reason: str) -> str:
    """The expert's answer by code; the name of the site. A refusal opens the next round at once.

    Raises RuleViolation `call_up_unknown`, `call_up_over`, `call_up_answered`, `call_up_reason_missing`.
    """
    with platform.database.reading() as db_session:
        row = db_session.get(CallUp, code_hash(code))
    if row is None:
        raise RuleViolation("call_up_unknown")
    with unit_of_work(platform.database, row.case_id, row.lot) as work:
        row = work.db_session.get_one(CallUp, code_hash(code))
        if work.case.lots[row.lot].evaluation_over:
            raise RuleViolation("call_up_over")
        if row.answered_at is not None:
            raise RuleViolation("call_up_answered", answered_at=row.answered_at)
        work.conclude(rules.CallUpAnswered(row.round, row.number, accepted, reason), row.lot)
        row.answered_at, row.accepted = work.now, accepted
        after_answer(work, row.lot, None if accepted else rules.RoundReason.REFUSED)
        return site_of(work.db_session, work.case, row)


def expire_call_ups(platform: Platform, case_id: str, lot: str) -> None:
    """Whoever did not answer in time is passed over, on the machine's own record; nobody once the sitting has ended."""
    with unit_of_work(platform.database, case_id, lot) as work:
        if work.case.lots[lot].evaluation_over:
            return
        expired = [row for row in _pending(work.db_session, case_id, lot) if row.answer_by <= work.now and row.round]
        for row in expired:
            work.conclude(rules.CallUpExpired(row.round, row.number), lot)
            row.answered_at, row.accepted = work.now, False
        if expired:
            after_answer(work, lot, rules.RoundReason.EXPIRED)


def after_answer(work: UnitOfWork, lot: str, reason: rules.RoundReason | None) -> None:
    """A further round as soon as nobody's answer is awaited and a seat is open; else the sitting can be convened."""
    draw = work.case.lots[lot].draw
    if any(seat in (SeatState.DRAWN, SeatState.CALLED) for seat in draw.seats.values()):
        return
    current = draw.current
    if rules.missing(draw) and current is not None and current.result is not None:
        reason = reason or _recorded_reason(draw)
        work.conclude(rules.DrawRoundOpened(current.number + 1, reason, current.record_sha256, ""), lot)
    else:
        work.schedule("convene_sitting", work.now, lot=lot, detail=f"draw-{current.number if current else 0}")


def _recorded_reason(draw: DrawState) -> rules.RoundReason:
    """Why a seat is still open although the last answer was a yes."""
    states = set(draw.seats.values())
    if SeatState.DISMISSED in states:
        return rules.RoundReason.DISMISSED
    return rules.RoundReason.REFUSED if SeatState.REFUSED in states else rules.RoundReason.EXPIRED

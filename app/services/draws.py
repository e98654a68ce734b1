"""The draw of experts around its pure procedure: pools behind pseudonyms, shares checked, experts called up."""

from __future__ import annotations

import json
from datetime import date, datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.codec import decode, encode
from app.casefile.inspecting import draw_statement
from app.casefile.sealing import committee_of
from app.models import Account, Pseudonym
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.convening import (
    check_draw_conditions,
    check_draw_time,
    check_gained,
    check_pool,
    check_pool_size,
    check_second_person,
)
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.queries.library_days import pool_as_it_stands
from app.queries.venues import booking_of, is_current
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.bookings import check_booked, turns_of_booking
from app.services.experts import account_of_expert
from app.services.overdue_parties import expect_commitments
from app.services.platform import Platform
from app.services.pools import (
    candidates_of,
    check_pools,
    commitment_of,
    find_conflicts,
    fixes_pools,
    freeze,
    group_of,
    groups_of,
    judge_of,
    left_out,
    library_day,
    of_lot,
    pseudonyms,
)
from app.services.unit_of_work import plain_transaction
from app.services.wider_pools import adopt_wider, propose_wider, wider_pool
from crypto.canonical import Json, digest
from evaluation import draw as rules
from evaluation.draw import DrawRound, DrawState


@completes("DrawConditionsProposed")
def propose_conditions(act: Act) -> Answer:
    state, committee = act.work.case.lots[act.lot], committee_of(act.work.case)
    terms, buyers = act.work.case.tender.published, [member.site for member in state.buyers.members]
    fact = act.fact
    turns_of_booking(act.work.db_session, act.work.case.id, act.lot)
    check_booked(act.work.db_session, act.work.case, act.lot, fact.conditions, act.work.now)
    if fact.widening is not None:
        return {"conditions_sha256": propose_wider(act)}
    check_draw_conditions(fact.conditions, terms, buyers, act.work.case.id, act.lot, (committee.id, committee.k))
    check_pools(act.work.db_session, act.work.case, fact.conditions, act.work.now.date())
    if fixes_pools(act.work.case):
        act.work.db_session.execute(delete(Pseudonym).where(*of_lot(act.work.case.id, act.lot)))
        freeze(act.work.db_session, act.work.case, act.lot, act.work.now.date())
    return {"conditions_sha256": rules.conditions_sha256(fact.conditions)}


@completes("DrawConditionsApproved")
def approve_conditions(act: Act) -> Answer:
    """There must be enough people and booths for them now. A pool made ready for earlier conditions is no more."""
    agreed = act.work.case.lots[act.lot].draw.to_approve
    assert agreed is not None
    turns_of_booking(act.work.db_session, act.work.case.id, act.lot)
    check_booked(act.work.db_session, act.work.case, act.lot, agreed.conditions, act.work.now)
    if agreed.widening is None:
        check_pools(act.work.db_session, act.work.case, agreed.conditions, act.work.now.date())
    if agreed.widening is None and not fixes_pools(act.work.case):
        act.work.db_session.execute(delete(Pseudonym).where(*of_lot(act.work.case.id, act.lot)))
    due = _approval(act.work.db_session, act.work.case, act.lot, act.work.now.date())
    if act.fact != due:
        raise RuleViolation(
            "object_has_changed", expected=digest(encode(due))[:12], stated=digest(encode(act.fact))[:12]
        )
    if agreed.widening is None:
        expect_commitments(act.work, act.lot)
    return {}


def current_round(case: Case, lot: str) -> DrawRound:
    """The latest round of a lot's draw. Raises RuleViolation `draw_conditions_not_approved`."""
    found = case.lot(lot).draw.current
    if found is None:
        raise RuleViolation("draw_conditions_not_approved")
    return found


def freeze_pool(platform: Platform, log_in: LogIn, case_id: str, lot: str) -> Json:
    """The payload of DrawStated for the open round: the pool as it was approved, who steps back, and the statement.

    Raises RuleViolation `bids_not_opened`, `draw_pool_shrunk`, `draw_round_exhausted`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        case = load_case(db_session, case_id)
        authorize(load_actor(db_session, log_in.account_id), Action.DRAW_STATE, case, lot)
        draw = case.lot(lot).draw
        if case.inspection is not None:
            return encode(draw_statement(case, lot))
        _check_time(db_session, case, lot, now)
        if not pseudonyms(db_session, case_id, lot):  # approved when an approval did not fix the pool
            freeze(db_session, case, lot, now.date())
        if draw.current is not None and not draw.current.statement:
            find_conflicts(db_session, case, lot, now.date())
        payload = _stated_payload(db_session, case, lot, draw)
        _check_filled(db_session, draw, payload)
        stated, profile = decode(rules.DrawStated, payload), case.tender.published.profile
        check_gained(stated, draw, profile, groups_of(db_session, draw.strata))
        try:
            check_pool_size(stated, draw.pool if draw.pool_is_new else None, profile)
        except RuleViolation as refusal:
            named = refusal.facts | {"stratum": group_of(db_session, str(refusal.facts["stratum"]))}
            raise RuleViolation(refusal.code, **named) from refusal
        return payload


def _check_time(db_session: DbSession, case: Case, lot: str, now: datetime) -> None:
    """The first round comes no longer before the booked hours than the profile says. Raises RuleViolation
    `draw_too_early`.
    """
    booking, draw = booking_of(db_session, case.id, lot), case.lot(lot).draw
    if len(draw.rounds) == 1 and booking is not None and is_current(booking, case, lot, now):
        check_draw_time(booking.begins_at, now, case.tender.published.profile)


def payload_to_state(platform: Platform, log_in: LogIn, case_id: str, lot: str) -> Json:
    """What the centre signs, as the platform has it: a pool of any size need not be sent back to where it was made.

    Of a round that is stated, what was stated: so a repeated act finds its first answer. Raises as `freeze_pool`.
    """
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        authorize(load_actor(db_session, log_in.account_id), Action.DRAW_STATE, case, lot)
        current = case.lot(lot).draw.current
    if current is not None and current.statement:
        return encode(rules.DrawStated(current.number, current.statement, current.candidates))
    return freeze_pool(platform, log_in, case_id, lot)


def _check_filled(db_session: DbSession, draw: DrawState, payload: Json) -> None:
    """A further round has somebody for every seat. Raises RuleViolation `draw_round_exhausted`."""
    recused = {entry["id"] for entry in json.loads(payload["statement"])["recused"]}
    current = draw.current
    if current is not None and not current.is_widened and (short := rules.exhausted(draw, recused)):
        facts = {"available": short.available, "needed": short.needed}
        raise RuleViolation("draw_round_exhausted", stratum=group_of(db_session, short.stratum), **facts)


def approval(platform: Platform, log_in: LogIn, case_id: str, lot: str) -> Json:
    """The payload of DrawConditionsApproved: the conditions, and the pool with how many need not step back now.

    Raises RuleViolation `draw_conditions_missing`, `second_person_needed`, `bids_not_opened`, `draw_pool_too_small`.
    """
    with platform.database.reading() as db_session:
        case, actor = load_case(db_session, case_id), load_actor(db_session, log_in.account_id)
        authorize(actor, Action.DRAW_CONDITIONS_APPROVE, case, lot)
        check_second_person(case.lot(lot).conditions_by, actor)
        return encode(_approval(db_session, case, lot, platform.database.now().date()))


def _approval(db_session: DbSession, case: Case, lot: str, on: date) -> rules.DrawConditionsApproved:
    due, pool = case.lot(lot).draw.to_approve, None
    if due is None:
        raise RuleViolation("draw_conditions_missing")
    conditions = due.conditions
    if due.widening is not None:
        pool = wider_pool(db_session, case, lot, due, on)
    elif fixes_pools(case):
        candidates, judge = candidates_of(db_session, case, lot), judge_of(db_session, case, lot, on)
        pool_now = pool_as_it_stands(db_session, case.id, lot, library_day(case))
        stepping_back = {row.number for row in pool_now if judge(row.entry)}
        free = [candidate for candidate in candidates if candidate.id not in stepping_back]
        check_pool(conditions.strata, free, case.tender.published.profile, groups_of(db_session, conditions.strata))
        sizes = {stratum.name: sum(stratum.name in one.strata for one in free) for stratum in conditions.strata}
        pool = rules.ApprovedPool(rules.candidates_sha256(candidates), len(candidates), sizes)
    return rules.DrawConditionsApproved(rules.proposal_sha256(due), pool)


def drawn_account(db_session: DbSession, case: Case, lot: str, number: str) -> Account:
    """Who is behind a drawn number: the person to whom the pool was bound when it was stated, and nobody else.

    Raises RuleViolation `draw_person_differs`.
    """
    draw, row = case.lots[lot].draw, db_session.get_one(Pseudonym, (case.id, lot, number))
    account = account_of_expert(db_session, row.expert_id)
    stated = next(candidate.person for candidate in draw.candidates if candidate.id == number)
    assert draw.conditions is not None
    if stated and stated != commitment_of(row, draw.conditions.draw_id, account.id):
        raise RuleViolation("draw_person_differs", number=number[:12])
    return account


def _stated_payload(db_session: DbSession, case: Case, lot: str, draw: DrawState) -> Json:
    current, conditions = current_round(case, lot), draw.conditions
    assert conditions is not None
    rows = pseudonyms(db_session, case.id, lot)
    candidates = candidates_of(db_session, case, lot, wider=current.is_widened)
    ids = {candidate.id for candidate in candidates}
    reasons = {row.number: row.findings for row in rows if row.findings != "[]" and row.number in ids}
    reasons |= rules.excluded(draw, candidates)
    reasons |= dict.fromkeys(left_out(draw) - reasons.keys(), "earlier")  # of a unit that had no room then
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
        passed_over=current.passed_over,
        earlier=earlier,
        wider=current.wider_sha256,
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
        _check_time(act.work.db_session, case, act.lot, act.work.now)
        expected = _stated_payload(act.work.db_session, case, act.lot, before)
    if expected != act.proposal.payload:
        raise RuleViolation("draw_pool_differs")
    if case.lots[act.lot].draw.current.is_widened:
        adopt_wider(act.work.db_session, case.id, act.lot)
    if act.fact.round == 1 and case.inspection is None:  # of objects all may have to be inspected
        recused = {entry["id"] for entry in json.loads(act.fact.statement)["recused"]}
        free = [candidate for candidate in act.fact.candidates if candidate.id not in recused]
        groups = groups_of(act.work.db_session, before.strata)
        check_pool(before.strata, free, case.tender.published.profile, groups)
    return {}

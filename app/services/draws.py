"""The draw of experts around its pure procedure: pools behind pseudonyms, shares checked, experts called up."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.codec import decode, encode
from app.casefile.inspecting import draw_statement
from app.casefile.sealing import committee_of
from app.models import Account, Expert, Pseudonym, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.convening import check_draw_conditions, check_pool, check_pool_size
from app.procedure.errors import RuleViolation
from app.procedure.profiles import LibraryDay
from app.queries.cases import load_case
from app.queries.library_days import library_as_of, pool_as_it_stands
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.experts import account_of_expert
from app.services.platform import Platform
from app.services.recusals import bidders_of, recusal_rules, surroundings
from app.services.unit_of_work import plain_transaction
from crypto.canonical import Json, digest
from evaluation import draw as rules
from evaluation import experts
from evaluation.draw import Candidate, DrawConditions, DrawRound, DrawState, Stratum
from evaluation.experts import EligibilityRules, eligible
from evaluation.recusal import Conflict, conflicts


@completes("DrawConditionsProposed")
def propose_conditions(act: Act) -> Answer:
    state, committee = act.work.case.lots[act.lot], committee_of(act.work.case)
    terms, buyers = act.work.case.tender.published, [member.site for member in state.buyer_members]
    fact = act.fact
    check_draw_conditions(fact.conditions, terms, buyers, act.work.case.id, act.lot, (committee.id, committee.k))
    check_pools(act.work.db_session, act.work.case, fact.conditions, act.work.now.date())
    if fixes_pools(act.work.case):
        act.work.db_session.execute(delete(Pseudonym).where(*_of_lot(act.work.case.id, act.lot)))
        _freeze(act.work.db_session, act.work.case, act.lot, act.work.now.date())
    return {"conditions_sha256": rules.conditions_sha256(fact.conditions)}


@completes("DrawConditionsApproved")
def approve_conditions(act: Act) -> Answer:
    """There must be enough people for them now. A pool that was made ready for earlier conditions is no more."""
    conditions = act.work.case.lots[act.lot].draw.conditions
    assert conditions is not None
    check_pools(act.work.db_session, act.work.case, conditions, act.work.now.date())
    if not fixes_pools(act.work.case):
        act.work.db_session.execute(delete(Pseudonym).where(*_of_lot(act.work.case.id, act.lot)))
    due = _approval(act.work.db_session, act.work.case, act.lot, act.work.now.date())
    if act.fact != due:
        raise RuleViolation(
            "object_has_changed", expected=digest(encode(due))[:12], stated=digest(encode(act.fact))[:12]
        )
    return {}


def pool_sizes(db_session: DbSession, case: Case, conditions: DrawConditions, on: date) -> dict[str, int]:
    """How many experts of the library each stratum may be drawn from, those included who will have to be recused."""
    candidates = _candidates_now(db_session, case, conditions, on)
    return {s.name: sum(s.name in candidate.strata for candidate in candidates) for s in conditions.strata}


def check_pools(db_session: DbSession, case: Case, conditions: DrawConditions, on: date) -> None:
    """Raises RuleViolation `draw_pool_too_small` for a stratum with too few people for its seats."""
    candidates = _candidates_now(db_session, case, conditions, on)
    check_pool(conditions.strata, candidates, case.tender.published.profile, _groups(db_session, conditions.strata))


def _candidates_now(db_session: DbSession, case: Case, conditions: DrawConditions, on: date) -> tuple[Candidate, ...]:
    """The library's people for these conditions, before any recusal, with their true names."""
    pool = _library(db_session, case, conditions)
    strata: dict[str, list[str]] = {}
    for stratum in conditions.strata:
        for expert in _eligible(pool, case, stratum, on):
            strata.setdefault(expert.id, []).append(stratum.name)
    return tuple(Candidate(e.id, e.organisation, tuple(strata[e.id])) for e in pool if e.id in strata)


def _groups(db_session: DbSession, strata: Sequence[Stratum]) -> dict[str, str]:
    return {stratum.name: _group(db_session, stratum.name) for stratum in strata}


def _group(db_session: DbSession, stratum: str) -> str:
    """A stratum as people name it."""
    speciality, _slash, site_id = stratum.rpartition("/")
    site = db_session.get(Site, site_id)
    return f"{speciality} · {site.name if site else site_id}"


def _place(stratum: Stratum) -> tuple[str, str]:
    """Speciality and site of a stratum."""
    speciality, _slash, site = stratum.name.rpartition("/")
    return speciality, site


def library_day(case: Case) -> datetime | None:
    """As of when the library counts for a case: whoever knows the bidders can then load nobody into it, and one person
    alone can take nobody out. None where the case's profile has no such rule.
    """
    tender = case.tender
    match tender.published.profile.library_as_of:
        case LibraryDay.PUBLICATION:
            return tender.published_at
        case LibraryDay.DEADLINE:
            return min(tender.deadlines.values())
    return None


def _library(db_session: DbSession, case: Case, conditions: DrawConditions) -> list[experts.Expert]:
    """Whoever of the library may count for one of the strata."""
    trained = case.tender.published.profile.training is not None
    strata = [_place(stratum) for stratum in conditions.strata]
    return library_as_of(db_session, strata, library_day(case), trained=trained)


def _eligible(pool: Sequence[experts.Expert], case: Case, stratum: Stratum, on: date) -> tuple[experts.Expert, ...]:
    profile, (speciality, site) = case.tender.published.profile, _place(stratum)
    demands = EligibilityRules(profile.oldest_expert, profile.expert_years, profile.training)
    return eligible(pool, demands, speciality=speciality, site=site, on=on)


def current_round(case: Case, lot: str) -> DrawRound:
    """The latest round of a lot's draw. Raises RuleViolation `draw_conditions_not_approved`."""
    found = case.lot(lot).draw.current
    if found is None:
        raise RuleViolation("draw_conditions_not_approved")
    return found


def freeze_pool(platform: Platform, log_in: LogIn, case_id: str, lot: str) -> Json:
    """The payload of DrawStated for the open round: the pool as it was approved, who steps back, and the statement.

    Raises RuleViolation `bids_not_opened`, `draw_pool_shrunk`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        case = load_case(db_session, case_id)
        authorize(load_actor(db_session, log_in.account_id), Action.DRAW_STATE, case, lot)
        draw = case.lot(lot).draw
        if case.inspection is not None:
            return encode(draw_statement(case, lot))
        if not _pseudonyms(db_session, case_id, lot):  # approved when an approval did not fix the pool
            _freeze(db_session, case, lot, now.date())
        if draw.current is not None and not draw.current.statement:
            _find_conflicts(db_session, case, lot, now.date())
        payload = _stated_payload(db_session, case, lot, draw)
        try:
            check_pool_size(decode(rules.DrawStated, payload), draw.pool, case.tender.published.profile)
        except RuleViolation as refusal:
            named = refusal.facts | {"stratum": _group(db_session, str(refusal.facts["stratum"]))}
            raise RuleViolation(refusal.code, **named) from refusal
        return payload


def _freeze(db_session: DbSession, case: Case, lot: str, on: date) -> None:
    """Pseudonyms for everybody eligible for any stratum."""
    draw = case.lots[lot].draw
    assert draw.conditions is not None
    pool = _library(db_session, case, draw.conditions)
    secret, draw_id = os.urandom(32), draw.conditions.draw_id
    strata: dict[str, list[str]] = {}
    for stratum in draw.conditions.strata:
        for expert in _eligible(pool, case, stratum, on):
            strata.setdefault(expert.id, []).append(stratum.name)
    rows = [
        {
            "case_id": case.id,
            "lot": lot,
            "number": rules.pseudonym(secret, draw_id, expert.id),
            "unit": rules.pseudonym(secret, draw_id, f"unit:{expert.organisation}"),
            "strata": json.dumps(strata[expert.id]),
            "expert_id": expert.id,
            "salt": os.urandom(32),
            "findings": "[]",
        }
        for expert in pool
        if expert.id in strata
    ]
    if rows:
        db_session.execute(insert(Pseudonym), rows)


def _judge(db_session: DbSession, case: Case, lot: str, on: date) -> Callable[[experts.Expert], tuple[Conflict, ...]]:
    """What the system finds against an expert. Raises RuleViolation `bids_not_opened`, as not all bidders are known."""
    state = case.lots[lot]
    if any(not state.opening.settled(bid.receipt_id) for bid in state.bidding.live):
        raise RuleViolation("bids_not_opened")
    bidders, around = bidders_of(db_session, case, lot), surroundings(db_session, case, lot, on)
    recusal = recusal_rules(case.tender.published.profile)
    return lambda expert: conflicts(expert, bidders, around, recusal, on)


def _find_conflicts(db_session: DbSession, case: Case, lot: str, on: date) -> None:
    """With every row of the pool, the conflicts that the system finds now. What an earlier round has stated stays: in a
    further one nobody comes back. Raises RuleViolation `bids_not_opened`.
    """
    judge, changed = _judge(db_session, case, lot, on), []
    first = len(case.lots[lot].draw.rounds) == 1
    for row in pool_as_it_stands(db_session, case.id, lot, library_day(case)):
        if first or row.findings == "[]":
            findings = json.dumps([encode(conflict) for conflict in judge(row.entry)])
            if findings != row.findings:
                changed.append({"case_id": case.id, "lot": lot, "number": row.number, "findings": findings})
    if changed:
        db_session.execute(update(Pseudonym), changed)
        db_session.expire_all()


def drawable_now(db_session: DbSession, case: Case, lot: str, conditions: DrawConditions, on: date) -> dict[str, int]:
    """How many each stratum could be drawn from now, without those who must step back: of the pool that was made
    with these conditions, or of the library before there is one. Raises RuleViolation `bids_not_opened`.
    """
    judge, free = _judge(db_session, case, lot, on), Counter[str]()
    if fixes_pools(case) and case.lots[lot].draw.conditions == conditions:
        for row in pool_as_it_stands(db_session, case.id, lot, library_day(case)):
            free.update(() if judge(row.entry) else json.loads(row.strata))
        return {stratum.name: free[stratum.name] for stratum in conditions.strata}
    pool = _library(db_session, case, conditions)
    for stratum in conditions.strata:
        free[stratum.name] = sum(not judge(expert) for expert in _eligible(pool, case, stratum, on))
    return {stratum.name: free[stratum.name] for stratum in conditions.strata}


def approval(platform: Platform, log_in: LogIn, case_id: str, lot: str) -> Json:
    """The payload of DrawConditionsApproved: the conditions, and the pool with how many need not step back now.

    Raises RuleViolation `draw_conditions_missing`, `bids_not_opened`, `draw_pool_too_small`.
    """
    with platform.database.reading() as db_session:
        case = load_case(db_session, case_id)
        authorize(load_actor(db_session, log_in.account_id), Action.DRAW_CONDITIONS_APPROVE, case, lot)
        return encode(_approval(db_session, case, lot, platform.database.now().date()))


def _approval(db_session: DbSession, case: Case, lot: str, on: date) -> rules.DrawConditionsApproved:
    conditions, pool = case.lot(lot).draw.conditions, None
    if conditions is None:
        raise RuleViolation("draw_conditions_missing")
    if fixes_pools(case):
        candidates, judge = _candidates(db_session, case, lot), _judge(db_session, case, lot, on)
        pool_now = pool_as_it_stands(db_session, case.id, lot, library_day(case))
        stepping_back = {row.number for row in pool_now if judge(row.entry)}
        free = [candidate for candidate in candidates if candidate.id not in stepping_back]
        check_pool(conditions.strata, free, case.tender.published.profile, _groups(db_session, conditions.strata))
        sizes = {stratum.name: sum(stratum.name in one.strata for one in free) for stratum in conditions.strata}
        pool = rules.ApprovedPool(rules.candidates_sha256(candidates), len(candidates), sizes)
    return rules.DrawConditionsApproved(rules.conditions_sha256(conditions), pool)


def fixes_pools(case: Case) -> bool:
    """Whether the case's rule book has pools made with the conditions and approved with them."""
    return case.tender.published.profile.pool_shrinkage_percent is not None


def _candidates(db_session: DbSession, case: Case, lot: str) -> list[Candidate]:
    """The pool by pseudonym, each bound to the account behind it."""
    conditions, accounts = case.lots[lot].draw.conditions, _accounts(db_session, case.id, lot)
    assert conditions is not None
    draw_id, found = conditions.draw_id, []
    for row in _pseudonyms(db_session, case.id, lot):
        person = commitment_of(row, draw_id, accounts[row.number])
        found.append(Candidate(row.number, row.unit, tuple(json.loads(row.strata)), person))
    return found


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
    rows, candidates = _pseudonyms(db_session, case.id, lot), _candidates(db_session, case, lot)
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
    if act.fact.round == 1 and case.inspection is None:  # of objects all may have to be inspected
        recused = {entry["id"] for entry in json.loads(act.fact.statement)["recused"]}
        free = [candidate for candidate in act.fact.candidates if candidate.id not in recused]
        groups = _groups(act.work.db_session, before.strata)
        check_pool(before.strata, free, case.tender.published.profile, groups)
    return {}

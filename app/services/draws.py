"""The draw of experts around its pure procedure: pools behind pseudonyms, shares checked, experts called up."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.codec import encode
from app.casefile.inspecting import draw_statement
from app.casefile.sealing import committee_of
from app.models import Account, Expert, Organisation, Pseudonym, Site
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.convening import check_draw_conditions, check_pool
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act, Answer, completes
from app.services.experts import account_of_expert, experts_for
from app.services.platform import Platform
from app.services.unit_of_work import plain_transaction
from crypto.canonical import Json
from evaluation import draw as rules
from evaluation import experts
from evaluation.draw import Candidate, DrawConditions, DrawRound, DrawState, Stratum
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
    """There must be enough people for them now. A pool that was made ready for earlier conditions is no more."""
    conditions = act.work.case.lots[act.lot].draw.conditions
    assert conditions is not None
    check_pools(act.work.db_session, act.work.case, conditions, act.work.now.date())
    act.work.db_session.execute(delete(Pseudonym).where(*_of_lot(act.work.case.id, act.lot)))
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
    pool = experts_for(db_session, [_place(stratum) for stratum in conditions.strata])
    strata: dict[str, list[str]] = {}
    for stratum in conditions.strata:
        for expert in _eligible(pool, case, stratum, on):
            strata.setdefault(expert.id, []).append(stratum.name)
    return tuple(Candidate(e.id, e.organisation, tuple(strata[e.id])) for e in pool if e.id in strata)


def _groups(db_session: DbSession, strata: Sequence[Stratum]) -> dict[str, str]:
    """The strata in words: speciality and name of the site."""
    found = {}
    for stratum in strata:
        speciality, site_id = _place(stratum)
        site = db_session.get(Site, site_id)
        found[stratum.name] = f"{speciality} · {site.name if site else site_id}"
    return found


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
    if act.fact.round == 1 and case.inspection is None:  # of objects all may have to be inspected
        recused = {entry["id"] for entry in json.loads(act.fact.statement)["recused"]}
        free = [candidate for candidate in act.fact.candidates if candidate.id not in recused]
        groups = _groups(act.work.db_session, before.strata)
        check_pool(before.strata, free, case.tender.published.profile, groups)
    return {}

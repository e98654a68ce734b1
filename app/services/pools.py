"""The pool of a draw: the library's people behind numbers, and who of them must step back."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.codec import encode
from app.models import Expert, Pseudonym, Site
from app.procedure.convening import check_pool
from app.procedure.errors import RuleViolation
from app.procedure.profiles import LibraryDay
from app.queries.library_days import library_as_of, pool_as_it_stands
from app.services.recusals import bidders_of, recusal_rules, surroundings
from evaluation import draw as rules
from evaluation import experts
from evaluation.draw import Candidate, DrawConditions, DrawState, Stratum
from evaluation.experts import EligibilityRules, eligible
from evaluation.recusal import Conflict, conflicts


def pool_sizes(db_session: DbSession, case: Case, conditions: DrawConditions, on: date) -> dict[str, int]:
    """How many experts of the library each stratum may be drawn from, those included who will have to be recused."""
    candidates = _candidates_now(db_session, case, conditions, on)
    return {s.name: sum(s.name in candidate.strata for candidate in candidates) for s in conditions.strata}


def recognisable_now(db_session: DbSession, case: Case, conditions: DrawConditions, on: date) -> int:
    """How many of the pool of these conditions could be told behind their numbers by who keeps the library."""
    return rules.recognisable(_candidates_now(db_session, case, conditions, on))


def check_pools(db_session: DbSession, case: Case, conditions: DrawConditions, on: date) -> None:
    """Raises RuleViolation `draw_pool_too_small` for a stratum with too few people for its seats."""
    candidates = _candidates_now(db_session, case, conditions, on)
    check_pool(conditions.strata, candidates, case.tender.published.profile, groups_of(db_session, conditions.strata))


def _candidates_now(db_session: DbSession, case: Case, conditions: DrawConditions, on: date) -> tuple[Candidate, ...]:
    """The library's people for these conditions, before any recusal, with their true names."""
    pool, strata = drawable(db_session, case, conditions, on)
    return tuple(Candidate(e.id, e.organisation, tuple(strata[e.id])) for e in pool if e.id in strata)


def drawable(
    db_session: DbSession, case: Case, conditions: DrawConditions, on: date
) -> tuple[list[experts.Expert], dict[str, list[str]]]:
    """The people of the library who may count, and by id the strata for which each can be drawn."""
    pool = library_for(db_session, case, conditions)
    strata: dict[str, list[str]] = {}
    for stratum in conditions.strata:
        for expert in eligible_for(pool, case, stratum, on):
            strata.setdefault(expert.id, []).append(stratum.name)
    return pool, strata


def groups_of(db_session: DbSession, strata: Sequence[Stratum]) -> dict[str, str]:
    return {stratum.name: group_of(db_session, stratum.name) for stratum in strata}


def group_of(db_session: DbSession, stratum: str) -> str:
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


def library_for(db_session: DbSession, case: Case, conditions: DrawConditions) -> list[experts.Expert]:
    """Whoever of the library may count for one of the strata."""
    trained = case.tender.published.profile.training is not None
    strata = [_place(stratum) for stratum in conditions.strata]
    return library_as_of(db_session, strata, library_day(case), trained=trained)


def eligible_for(pool: Sequence[experts.Expert], case: Case, stratum: Stratum, on: date) -> tuple[experts.Expert, ...]:
    profile, (speciality, site) = case.tender.published.profile, _place(stratum)
    demands = EligibilityRules(profile.oldest_expert, profile.expert_years, profile.training)
    return eligible(pool, demands, speciality=speciality, site=site, on=on)


def freeze(db_session: DbSession, case: Case, lot: str, on: date) -> None:
    """Pseudonyms for everybody eligible for any stratum."""
    draw = case.lots[lot].draw
    assert draw.conditions is not None
    pool, strata = drawable(db_session, case, draw.conditions, on)
    if rows := fresh_rows(case, lot, draw.conditions.draw_id, pool, strata):
        db_session.execute(insert(Pseudonym), rows)


def fresh_rows(
    case: Case,
    lot: str,
    draw_id: str,
    pool: Sequence[experts.Expert],
    strata: Mapping[str, Sequence[str]],
    units: Mapping[str, str] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """A number, a salt and a pseudonym of the employer for everybody of the pool who stands in a stratum.

    `strata`: of each by id; `units`: the pseudonyms that employers have already.
    """
    secret = os.urandom(32)
    return [
        {
            "case_id": case.id,
            "lot": lot,
            "number": rules.pseudonym(secret, draw_id, expert.id),
            "unit": units.get(expert.organisation) or rules.pseudonym(secret, draw_id, f"unit:{expert.organisation}"),
            "strata": json.dumps(strata[expert.id]),
            "expert_id": expert.id,
            "salt": os.urandom(32),
            "findings": "[]",
        }
        for expert in pool
        if expert.id in strata
    ]


def judge_of(db_session: DbSession, case: Case, lot: str, on: date) -> Callable[[experts.Expert], tuple[Conflict, ...]]:
    """What the system finds against an expert. Raises RuleViolation `bids_not_opened`, as not all bidders are known."""
    state = case.lots[lot]
    if any(not state.opening.settled(bid.receipt_id) for bid in state.bidding.live):
        raise RuleViolation("bids_not_opened")
    bidders, around = bidders_of(db_session, case, lot), surroundings(db_session, case, lot, on)
    recusal = recusal_rules(case.tender.published.profile)
    return lambda expert: conflicts(expert, bidders, around, recusal, on)


def find_conflicts(db_session: DbSession, case: Case, lot: str, on: date) -> None:
    """With every row of the pool, the conflicts that the system finds now. What an earlier round has stated stays: in a
    further one nobody comes back. Raises RuleViolation `bids_not_opened`.
    """
    judge, changed, out = judge_of(db_session, case, lot, on), [], left_out(case.lots[lot].draw)
    for row in pool_as_it_stands(db_session, case.id, lot, library_day(case)):
        if row.number not in out:
            findings = json.dumps([encode(conflict) for conflict in judge(row.entry)])
            if findings != row.findings:
                changed.append({"case_id": case.id, "lot": lot, "number": row.number, "findings": findings})
    if changed:
        db_session.execute(update(Pseudonym), changed)
        db_session.expire_all()


def left_out(draw: DrawState) -> set[str]:
    """Who is out of the next round already: recused in one before, drawn, or of a unit that might be full."""
    stated = {entry["id"] for found in draw.rounds if found.statement for entry in found.stated["recused"]}
    return stated | rules.excluded(draw).keys()


def drawable_now(db_session: DbSession, case: Case, lot: str, conditions: DrawConditions, on: date) -> dict[str, int]:
    """How many each stratum could be drawn from now, without those who must step back: of the pool that was made
    with these conditions, or of the library before there is one. Raises RuleViolation `bids_not_opened`.
    """
    judge, free = judge_of(db_session, case, lot, on), Counter[str]()
    if fixes_pools(case) and case.lots[lot].draw.conditions == conditions:
        for row in pool_as_it_stands(db_session, case.id, lot, library_day(case)):
            free.update(() if judge(row.entry) else json.loads(row.strata))
        return {stratum.name: free[stratum.name] for stratum in conditions.strata}
    pool = library_for(db_session, case, conditions)
    for stratum in conditions.strata:
        free[stratum.name] = sum(not judge(expert) for expert in eligible_for(pool, case, stratum, on))
    return {stratum.name: free[stratum.name] for stratum in conditions.strata}


def fixes_pools(case: Case) -> bool:
    """Whether the case's rule book has pools made with the conditions and approved with them."""
    return case.tender.published.profile.pool_shrinkage_percent is not None


def candidates_of(db_session: DbSession, case: Case, lot: str, *, wider: bool = False) -> list[Candidate]:
    """The pool by pseudonym, each bound to the account behind it; `wider`: as it would be under wider conditions."""
    conditions, accounts = case.lots[lot].draw.conditions, _accounts(db_session, case.id, lot)
    assert conditions is not None
    draw_id, found = conditions.draw_id, []
    for row in pseudonyms(db_session, case.id, lot):
        strata = tuple(json.loads((wider and row.proposed) or row.strata))
        if strata:
            person = commitment_of(row, draw_id, accounts[row.number])
            found.append(Candidate(row.number, row.unit, strata, person))
    return found


def pseudonyms(db_session: DbSession, case_id: str, lot: str) -> list[Pseudonym]:
    query = select(Pseudonym).where(*of_lot(case_id, lot)).order_by(Pseudonym.number)
    return list(db_session.scalars(query))


def of_lot(case_id: str, lot: str) -> tuple[ColumnElement[bool], ...]:
    return Pseudonym.case_id == case_id, Pseudonym.lot == lot


def _accounts(db_session: DbSession, case_id: str, lot: str) -> dict[str, str]:
    """The account behind each number of a lot's pool."""
    query = select(Pseudonym.number, Expert.account_id).join(Expert, Expert.id == Pseudonym.expert_id)
    return {number: account for number, account in db_session.execute(query.where(*of_lot(case_id, lot)))}


def commitment_of(row: Pseudonym, draw_id: str, account: str) -> str:
    """What the pool must say of this row if `account` is behind it."""
    return rules.person_commitment(row.salt, draw_id, row.number, account)

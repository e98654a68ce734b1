"""Wider conditions for the seats of a further round that nobody of the pool is left for: whom they add to it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session as DbSession

from app.casefile.case import Case
from app.casefile.sealing import committee_of
from app.models import Pseudonym
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.convening import check_draw_conditions, check_pool
from app.procedure.errors import RuleViolation
from app.queries.cases import load_case
from app.queries.library_days import pool_as_it_stands
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.acts import Act
from app.services.platform import Platform
from app.services.pools import (
    candidates_of,
    drawable,
    find_conflicts,
    fresh_rows,
    groups_of,
    judge_of,
    left_out,
    library_day,
    of_lot,
)
from app.services.unit_of_work import plain_transaction
from evaluation import draw as rules
from evaluation.draw import ApprovedPool, DrawConditionsProposed, Stratum, Widening

NOT_YET = "[]"  # the strata of whoever is in the pool by wider conditions alone


def wider_proposal(
    platform: Platform, log_in: LogIn, case_id: str, lot: str, strata: tuple[Stratum, ...], reason: str
) -> DrawConditionsProposed:
    """What an officer signs to propose these strata for the open round. How many of each could be drawn it does not
    say: whoever was drawn is missing there, and one group after the other would tell of which they are.

    Raises RuleViolation `draw_conditions_settled`, as the rules for conditions do, and `draw_wider_too_small`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        case = load_case(db_session, case_id)
        actor = load_actor(db_session, log_in.account_id)
        authorize(actor, Action.DRAW_CONDITIONS_PROPOSE, case, lot)
        draw = case.lot(lot).draw
        if draw.conditions is None or draw.current is None or not draw.current.number > 1:
            raise RuleViolation("draw_conditions_settled")
        looking = db_session.begin_nested()  # a look changes no pool
        find_conflicts(db_session, case, lot, now.date())
        widening = Widening(draw.current.number, reason, _found_since(db_session, case, lot))
        fact = DrawConditionsProposed(replace(draw.conditions, strata=strata), widening)
        _check_conditions(case, lot, fact)
        case.decide(fact, lot, actor, now)
        _freeze(db_session, case, lot, fact, now.date())
        wider_pool(db_session, case, lot, fact, now.date())
        looking.rollback()
        return fact


def _check_conditions(case: Case, lot: str, fact: DrawConditionsProposed) -> None:
    state, committee = case.lots[lot], committee_of(case)
    buyers = [member.site for member in state.buyers.members]
    known, filled = (committee.id, committee.k), rules.filled(state.draw, fact)
    check_draw_conditions(fact.conditions, case.tender.published, buyers, case.id, lot, known, filled)


def _found_since(db_session: DbSession, case: Case, lot: str) -> dict[str, str]:
    """Whom the system has found to step back since the last statement, by number with hashed reasons."""
    draw = case.lots[lot].draw
    out, known = left_out(draw), {candidate.id for candidate in draw.candidates}
    query = select(Pseudonym).where(*of_lot(case.id, lot), Pseudonym.findings != "[]")
    rows = [row for row in db_session.scalars(query) if row.number in known - out]
    return {row.number: rules.reason_sha256(row.salt, row.number, row.findings) for row in rows}


def propose_wider(act: Act) -> str:
    """What the proposal needs of the platform: its hash. Raises RuleViolation as `wider_proposal` does, and
    `draw_pool_differs` where the system does not find the recusals that it names.
    """
    db_session, case, fact = act.work.db_session, act.work.case, act.fact
    _check_conditions(case, act.lot, fact)
    find_conflicts(db_session, case, act.lot, act.work.now.date())
    if fact.widening.recused != _found_since(db_session, case, act.lot):
        raise RuleViolation("draw_pool_differs")
    _freeze(db_session, case, act.lot, fact, act.work.now.date())
    wider_pool(db_session, case, act.lot, fact, act.work.now.date())
    return rules.conditions_sha256(fact.conditions)


def _freeze(db_session: DbSession, case: Case, lot: str, fact: DrawConditionsProposed, on: date) -> None:
    """The pool as it will be: everybody of before under the same number, and whom the wider conditions add.

    What an earlier proposal for this round would have added is no more. The library counts as of the same day.
    """
    db_session.execute(delete(Pseudonym).where(*of_lot(case.id, lot), Pseudonym.strata == NOT_YET))
    before = list(db_session.scalars(select(Pseudonym).where(*of_lot(case.id, lot))))
    pool, strata = drawable(db_session, case, fact.conditions, on)
    for row in before:
        row.proposed = json.dumps(list(dict.fromkeys((*json.loads(row.strata), *strata.pop(row.expert_id, ())))))
    added = fresh_rows(case, lot, fact.conditions.draw_id, pool, strata, _units(db_session, case, lot))
    if added:
        rows = [row | {"strata": NOT_YET, "proposed": row["strata"]} for row in added]
        db_session.execute(insert(Pseudonym), rows)
    db_session.flush()
    db_session.expire_all()


def wider_pool(db_session: DbSession, case: Case, lot: str, proposed: DrawConditionsProposed, on: date) -> ApprovedPool:
    """The pool that goes with proposed wider conditions, and how many of each stratum could be drawn now.

    Raises RuleViolation `draw_wider_too_small`, naming a stratum that has more seats and too few people for them, and
    not how many.
    """
    conditions, draw = proposed.conditions, case.lots[lot].draw
    candidates, judge = candidates_of(db_session, case, lot, wider=True), judge_of(db_session, case, lot, on)
    pool_now = pool_as_it_stands(db_session, case.id, lot, library_day(case))
    out = {row.number for row in pool_now if judge(row.entry)} | left_out(draw)
    out |= rules.excluded(draw, candidates).keys()
    free = [candidate for candidate in candidates if candidate.id not in out]
    gained = rules.gained(draw, conditions)
    names, profile = groups_of(db_session, gained), case.tender.published.profile
    try:
        check_pool(gained, free, profile, names)
    except RuleViolation as short:
        raise RuleViolation("draw_wider_too_small", group=short.facts["group"], times=profile.pool_least) from None
    sizes = {stratum.name: sum(stratum.name in one.strata for one in free) for stratum in conditions.strata}
    return ApprovedPool(rules.candidates_sha256(candidates), len(candidates), sizes)


def adopt_wider(db_session: DbSession, case_id: str, lot: str) -> None:
    """The pool that a statement has named is the pool from now on."""
    wider = update(Pseudonym).where(*of_lot(case_id, lot), Pseudonym.proposed != "")
    db_session.execute(wider.values(strata=Pseudonym.proposed, proposed=""))


def _units(db_session: DbSession, case: Case, lot: str) -> dict[str, str]:
    """What stands for each employer of the pool in this draw."""
    query = select(Pseudonym.number, Pseudonym.unit).where(*of_lot(case.id, lot))
    units = {number: unit for number, unit in db_session.execute(query)}
    pool_now = pool_as_it_stands(db_session, case.id, lot, library_day(case))
    return {row.entry.organisation: units[row.number] for row in pool_now}

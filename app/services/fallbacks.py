"""The fallback of an opening: started when too few trustees have signed in time, driven by the bidders' own keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app.casefile.sealing import committee_of
from app.models import Certificate
from app.procedure import fallback as rules
from app.procedure.errors import RuleViolation
from app.procedure.fallback import CommitmentsEnded
from app.procedure.opening import KeysDisclosed
from app.procedure.roles import Role
from app.services.acts import Act, Answer, completes
from app.services.bookings import tell_of_failure
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work

NOT_NOW = frozenset({"fallback_over", "fallback_repeated", "fallback_not_due"})


def start_fallback(platform: Platform, case_id: str, lot: str) -> None:
    """Start the fallback of a lot whose trustees are overdue. Released meanwhile, or not due: nothing happens."""
    with unit_of_work(platform.database, case_id, lot) as work:
        trustees = [member.index for member in committee_of(work.case).members]
        try:
            facts = rules.start(work.case.fallback_of(lot), trustees, work.now)
        except RuleViolation as refused:
            return _only(refused)
        _append(work, lot, facts)
        until = work.case.lots[lot].fallback.until
        assert until is not None
        work.schedule("end_commitments", until, lot=lot)
        _tell_bidders(work, lot, "fallback_started", until=until)
        _tell_people(work, lot)


def end_commitments(platform: Platform, case_id: str, lot: str) -> None:
    """The time to commit is up. Ended already: nothing happens."""
    with unit_of_work(platform.database, case_id, lot) as work:
        try:
            facts = rules.end_commitments(work.case.fallback_of(lot), work.now)
        except RuleViolation as refused:
            return _only(refused)
        _append(work, lot, facts)
        _go_on(work, lot, facts)


def disclose_keys(platform: Platform, case_id: str, lot: str) -> None:
    """The time to reveal is up. Disclosed or released already: nothing happens."""
    with unit_of_work(platform.database, case_id, lot) as work:
        try:
            facts = rules.disclose(work.case.fallback_of(lot), work.now)
        except RuleViolation as refused:
            return _only(refused)
        _append(work, lot, facts)
        _go_on(work, lot, facts)


def _only(refused: RuleViolation) -> None:
    """A due time that has been overtaken is no fault; anything else is."""
    if refused.code not in NOT_NOW:
        raise refused


def _append(work: UnitOfWork, lot: str, facts: Iterable[Any]) -> None:
    for fact in facts:
        work.append(fact, lot=lot)
    tell_of_failure(work.db_session, work.case, lot, work.now)


def _go_on(work: UnitOfWork, lot: str, facts: Iterable[Any]) -> None:
    """What is due next once a step has ended."""
    for fact in facts:
        if isinstance(fact, CommitmentsEnded) and fact.reveal_until is not None:
            work.schedule("disclose_keys", fact.reveal_until, lot=lot)
            _tell_bidders(work, lot, "fallback_reveal", until=fact.reveal_until)
        elif isinstance(fact, CommitmentsEnded):
            _tell_bidders(work, lot, "fallback_failed")
        elif isinstance(fact, KeysDisclosed):
            work.schedule("open_bids", work.now, lot=lot)


@completes("KeyCommitted", "KeyRevealed")
def take_key(act: Act) -> Answer:
    """The last one awaited ends the step; the answer tells nobody whether it was the last."""
    kind = CommitmentsEnded if act.record.type == "KeyCommitted" else KeysDisclosed
    lot = act.work.case.lots[act.lot]
    ended = lot.fallback.ended if kind is CommitmentsEnded else lot.opening.disclosed
    if ended is not None:
        _go_on(act.work, act.lot, (ended,))
    return {}


def _tell_bidders(work: UnitOfWork, lot: str, code: str, **facts: Any) -> None:
    """Everybody who may act for a bidder whose bid stands."""
    for submission in work.case.lots[lot].bidding.live:
        tell_role(work, submission.bidder, Role.BIDDER, code, lot=lot, **facts)


def _tell_people(work: UnitOfWork, lot: str) -> None:
    """Agency, centre and competent authority, and the trustees who are missing."""
    parties, started = work.case.tender.parties, work.case.lots[lot].fallback.started
    assert parties is not None
    assert started is not None
    told = {"lot": lot, "missing": len(started.missing)}
    tell_role(work, parties.agency.id, Role.AGENCY_OFFICER, "fallback_started_people", **told)
    tell_role(work, parties.centre.id, Role.CENTRE_OPERATOR, "fallback_started_people", **told)
    tell_role(work, parties.regulator.id, Role.REGULATOR, "fallback_started_people", **told)
    keys = [member.key_id for member in committee_of(work.case).members if member.index in started.missing]
    query = select(Certificate.account_id).where(Certificate.key_id.in_(keys), Certificate.revoked_at.is_(None))
    for account_id in work.db_session.scalars(query):
        work.notify(account_id, "fallback_started_people", **told)

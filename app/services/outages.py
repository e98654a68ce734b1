"""The published rule about outages (ROLES 10): what the register shows of one is proposed where a deadline is near.

A platform that works ticks. A gap between two ticks is its own measure of a time in which it stood still; the tick that
ends it has the rule asked for every case whose lots still take bids. Two persons decide, before the deadline, or
nothing moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from app.models import Lot
from app.procedure.deadlines import OutageMeasured, rule_after_outage
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.queries.ticks import tick
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, unit_of_work
from crypto.instants import format_instant


def propose_extensions(platform: Platform, index: int) -> None:
    """The job: what the rule proposes after the gap before tick `index`, in every case that it concerns.

    Called again it finds what it has proposed, and proposes nothing.
    """
    with platform.database.reading() as db_session:
        began_at, ended_at = tick(db_session, index - 1).at, tick(db_session, index).at
        taking = select(Lot.case_id).where(Lot.closed_at.is_(None), Lot.deadline_at > ended_at).distinct()
        cases = sorted(db_session.scalars(taking))
    for case_id in cases:
        with unit_of_work(platform.database, case_id) as work:
            _propose(work, began_at, ended_at)


def _propose(work: UnitOfWork, began_at: datetime, ended_at: datetime) -> None:
    tender = work.case.tender
    if tender.published_at is None:
        return
    profile = tender.published.profile
    fact = rule_after_outage(tender.timetable, began_at, ended_at, work.now, tender.published_at, profile)
    if fact is None:
        return
    try:
        work.conclude(fact, "")
    except RuleViolation:  # it stands on record already; or a lot has closed, and the clock went back
        return
    _tell(work, fact)


def _tell(work: UnitOfWork, fact: OutageMeasured) -> None:
    """Who may propose, who releases, and the regulator: what was measured, and what is proposed."""
    parties = work.case.tender.published.parties
    facts = {
        "title": work.case.tender.published.title,
        "began_at": format_instant(fact.began_at),
        "ended_at": format_instant(fact.ended_at),
        "deadlines": in_words(fact.deadlines, several=len(work.case.lots) > 1),
    }
    for party, role in (
        (parties.centre, Role.CENTRE_OPERATOR),
        (parties.agency, Role.AGENCY_SUPERVISOR),
        (parties.regulator, Role.REGULATOR),
    ):
        tell_role(work, party.id, role, "outage_measured", **facts)


def in_words(deadlines: Mapping[str, datetime], *, several: bool) -> str:
    """New deadlines; with their lots where the tender has several."""
    words = {number: format_instant(at) for number, at in sorted(deadlines.items())}
    return "; ".join(f"[{number}] {text}" if several else text for number, text in words.items())

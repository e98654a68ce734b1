"""Who stands behind a number of a draw, told before its evaluation is over: on a listed ground, by two persons of the
competent authority, with an alarm to the centre and the system administrators, and on record for ever.

The answer is the library number, the name and the employer. No other part of the platform gives them before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.models import AccessLog, Account, AccountRole, Expert, NameRequest, Organisation, Pseudonym
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.calendar import add
from app.procedure.errors import RuleViolation
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case
from app.queries.name_requests import approval_period, subject_of
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.unit_of_work import UnitOfWork, leave_notice, plain_transaction, unit_of_work

LONGEST_REASON = 500


class NameGround(StrEnum):
    """Why an authority may ask before an evaluation is over."""

    REPORTED = "reported"
    CONFLICT = "conflict"
    IDENTITY = "identity"
    INVESTIGATION = "investigation"


def ask(platform: Platform, log_in: LogIn, case_id: str, lot: str, number: str, ground: str, reason: str) -> None:
    """The first inspector asks for one number; nobody is named yet.

    Raises RuleViolation `name_number_unknown`, `name_ground_unknown`, `standing_reason_missing`, `name_waits`.
    """
    with unit_of_work(platform.database, case_id, lot) as work:
        actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.NAME_ASK, work.case, lot)
        if ground not in set(NameGround):
            raise RuleViolation("name_ground_unknown")
        if not reason.strip():
            raise RuleViolation("standing_reason_missing")
        if number not in work.case.lots[lot].draw.seats:
            raise RuleViolation("name_number_unknown", number=number[:12])
        since = add(work.now, approval_period(work.case)) - work.now
        waiting = select(NameRequest.id).where(
            NameRequest.case_id == case_id,
            NameRequest.lot == lot,
            NameRequest.number == number,
            NameRequest.granted.is_(None),
            NameRequest.asked_at > work.now - since,
        )
        if work.db_session.scalar(waiting) is not None:
            raise RuleViolation("name_waits")
        row = NameRequest(case_id=case_id, lot=lot, number=number, ground=ground, asked_by=actor.id, asked_at=work.now)
        row.reason = reason.strip()[:LONGEST_REASON]
        work.db_session.add(row)
        _log(work.db_session, actor, Action.NAME_ASK, row, work.now)
        facts = {"title": work.case.tender.published.title, "lot": lot}
        tell_role(work, actor.organisation_id, Role.REGULATOR, "name_asked", besides=actor.id, **facts)


def decide(platform: Platform, log_in: LogIn, request_id: int, *, granted: bool) -> None:
    """The second inspector grants or refuses; who has asked can only take it back. A granted one is an alarm.

    Raises RuleViolation `name_request_unknown`, `second_person_needed`, `name_request_lapsed`.
    """
    with platform.database.reading() as db_session:
        found = db_session.get(NameRequest, request_id)
        place = (found.case_id, found.lot) if found else ("", "")
    if not place[0]:
        raise RuleViolation("name_request_unknown")
    with unit_of_work(platform.database, *place) as work:
        actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.NAME_ASK, work.case, place[1])
        row = work.db_session.get_one(NameRequest, request_id, with_for_update=True)
        if row.granted is not None:
            raise RuleViolation("name_request_unknown")
        if granted and row.asked_by == actor.id:
            raise RuleViolation("second_person_needed")
        if granted and work.now >= add(row.asked_at, approval_period(work.case)):
            raise RuleViolation("name_request_lapsed")
        row.decided_by, row.decided_at, row.granted = actor.id, work.now, granted
        _log(work.db_session, actor, Action.NAME_ASK, row, work.now)
        code = "name_granted" if granted else "name_refused"
        if row.asked_by != actor.id:
            leave_notice(work.db_session, work.now, row.asked_by, code, {})
        if granted:
            _alarm(work)


def _alarm(work: UnitOfWork) -> None:
    """Everybody of the centre who keeps draws and every system administrator: that it happened, in which case."""
    terms = work.case.tender.published
    facts = {"title": terms.title}
    tell_role(work, terms.parties.centre.id, Role.CENTRE_OPERATOR, "name_alarm", **facts)
    admins = (
        select(Account.id)
        .join(AccountRole)
        .where(AccountRole.role == Role.SYSTEM_ADMIN, Account.suspended_at.is_(None))
    )
    for account_id in work.db_session.scalars(admins):
        leave_notice(work.db_session, work.now, account_id, "name_alarm", facts)


@dataclass(frozen=True)
class Named:
    """Who stands behind a number of a lot."""

    title: str
    lot: str
    number: str
    library_number: str
    name: str
    employer: str


def see(platform: Platform, log_in: LogIn, request_id: int, address: str) -> Named:
    """The name, for the two inspectors alone and while the request is fresh; each look is on record before it is
    given.

    Raises RuleViolation `name_request_unknown`, `name_request_lapsed`.
    """
    with plain_transaction(platform.database) as (db_session, now):
        row = db_session.get(NameRequest, request_id)
        if row is None or not row.granted or row.decided_at is None:
            raise RuleViolation("name_request_unknown")
        case = load_case(db_session, row.case_id)
        actor = load_actor(db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.NAME_SEE, case, row.lot)
        if actor.id not in (row.asked_by, row.decided_by):
            raise RuleViolation("name_request_unknown")
        if now >= add(row.decided_at, approval_period(case)):
            raise RuleViolation("name_request_lapsed")
        _log(db_session, actor, Action.NAME_SEE, row, now, address)
        query = (
            select(Expert.number, Account.name, Organisation.name)
            .join(Pseudonym, Pseudonym.expert_id == Expert.id)
            .join(Account, Account.id == Expert.account_id)
            .join(Organisation, Organisation.id == Account.organisation_id)
            .where(Pseudonym.case_id == row.case_id, Pseudonym.lot == row.lot, Pseudonym.number == row.number)
        )
        return Named(case.tender.published.title, row.lot, row.number, *db_session.execute(query).one())


def _log(
    db_session: DbSession, actor: Actor, action: Action, row: NameRequest, now: datetime, address: str = ""
) -> None:
    """One more line of the access log."""
    outcome = "" if row.granted is None else f" [{'granted' if row.granted else 'refused'}]"
    reason = f"{row.ground}: {row.reason}{outcome}"
    entry = {
        "case_id": row.case_id,
        "lot": row.lot,
        "subject": subject_of(row.number),
        "reason": reason,
        "address": address,
    }
    db_session.add(AccessLog(at=now, account_id=actor.id, action=action, **entry))

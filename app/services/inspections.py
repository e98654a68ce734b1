"""The competent authority states why it reads what the policy opens to it for a reason only (code L of the matrix)."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.models import AccessLog
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import ALL_DRAWS, Role
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.notices import tell_role, whoever_is
from app.services.platform import Platform
from app.services.unit_of_work import leave_notice, plain_transaction, unit_of_work

LONGEST = 1000


def state_reason(platform: Platform, log_in: LogIn, case_id: str, reason: str, address: str = "") -> datetime:
    """Until when this log-in may read the case for that reason. The authority's other inspectors are told.

    Raises NotAllowed, RuleViolation `reading_reason_missing`, `reading_reason_too_long`.
    """
    words = _checked(reason)
    with unit_of_work(platform.database, case_id) as work:
        actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.REASON_STATE, work.case)
        until = work.now + timedelta(minutes=platform.settings.reason_minutes)
        work.db_session.add(_entry(log_in, case_id, words, address, work.now, until))
        facts = {"title": work.case.tender.published.title, "name": actor.name, "reason": words}
        tell_role(work, actor.organisation_id, Role.REGULATOR, "reason_stated", besides=actor.id, **facts)
    return until


def state_reason_for_draws(platform: Platform, log_in: LogIn, reason: str, address: str = "") -> datetime:
    """As `state_reason`, for the names in the figures of all of the authority's draws that are over."""
    words = _checked(reason)
    with plain_transaction(platform.database) as (db_session, now):
        actor = load_actor(db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.FAIRNESS_READ)
        until = now + timedelta(minutes=platform.settings.reason_minutes)
        db_session.add(_entry(log_in, ALL_DRAWS, words, address, now, until))
        for other in whoever_is(db_session, actor.organisation_id, Role.REGULATOR, besides=actor.id):
            leave_notice(db_session, now, other, "draws_reason_stated", {"name": actor.name, "reason": words})
    return until


def _checked(reason: str) -> str:
    words = reason.strip()
    if not words:
        raise RuleViolation("reading_reason_missing")
    if len(words) > LONGEST:
        raise RuleViolation("reading_reason_too_long", length=len(words), most=LONGEST)
    return words


def _entry(log_in: LogIn, case_id: str, words: str, address: str, now: datetime, until: datetime) -> AccessLog:
    """The line of the access log under which this log-in reads on until then."""
    row = AccessLog(at=now, account_id=log_in.account_id, action=Action.REASON_STATE, case_id=case_id, until=until)
    row.reason, row.address, row.web_session = words, address, log_in.web_session
    return row

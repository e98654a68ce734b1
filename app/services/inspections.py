"""The competent authority states why it reads what the policy opens to it for a reason only (code L of the matrix)."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.models import AccessLog
from app.permissions.actions import Action
from app.permissions.policy import authorize
from app.procedure.errors import RuleViolation
from app.procedure.roles import Role
from app.services.accounts import LogIn
from app.services.actors import load_actor
from app.services.notices import tell_role
from app.services.platform import Platform
from app.services.unit_of_work import unit_of_work

LONGEST = 1000


def state_reason(platform: Platform, log_in: LogIn, case_id: str, reason: str, address: str = "") -> datetime:
    """Until when this log-in may read the case for that reason. The authority's other inspectors are told.

    Raises NotAllowed, RuleViolation `reading_reason_missing`, `reading_reason_too_long`.
    """
    words = reason.strip()
    if not words:
        raise RuleViolation("reading_reason_missing")
    if len(words) > LONGEST:
        raise RuleViolation("reading_reason_too_long", length=len(words), most=LONGEST)
    with unit_of_work(platform.database, case_id) as work:
        actor = load_actor(work.db_session, log_in.account_id, log_in.seat)
        authorize(actor, Action.REASON_STATE, work.case)
        until = work.now + timedelta(minutes=platform.settings.reason_minutes)
        row = AccessLog(at=work.now, account_id=actor.id, action=Action.REASON_STATE, case_id=case_id, until=until)
        row.reason, row.address, row.web_session = words, address, log_in.web_session
        work.db_session.add(row)
        facts = {"title": work.case.tender.published.title, "name": actor.name, "reason": words}
        tell_role(work, actor.organisation_id, Role.REGULATOR, "reason_stated", besides=actor.id, **facts)
    return until

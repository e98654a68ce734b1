"""The log of who looked at or took what of a case: written before anything is handed out, append-only."""

from __future__ import annotations

from sqlalchemy import select

from app.database import Database
from app.models import AccessLog
from app.permissions.actions import Action
from app.procedure.roles import Actor
from app.services.unit_of_work import plain_transaction, take_turns


def record_access(
    database: Database, account_id: str, action: Action, case_id: str, *, lot: str = "", address: str = ""
) -> None:
    """Keep that somebody took something of a case."""
    with plain_transaction(database) as (db_session, now):
        row = AccessLog(at=now, account_id=account_id, action=action, case_id=case_id, lot=lot, address=address)
        db_session.add(row)


def record_reading(
    database: Database,
    actor: Actor,
    action: Action,
    case_id: str,
    *,
    lot: str = "",
    subject: str = "",
    address: str = "",
    reason_for: str | None = None,
) -> None:
    """Keep, once for each stated reason, what somebody reads for it; `subject` is a file's id. `reason_for` is what the
    reason was stated for, where that is not the case itself.
    """
    stated = actor.reasons[case_id if reason_for is None else reason_for]
    what = {"action": action.value, "case_id": case_id, "lot": lot, "subject": subject}
    with database.reading() as db_session:
        reason = db_session.get_one(AccessLog, stated)
        under = {"account_id": actor.id, "web_session": reason.web_session, "reason": reason.reason}
    known = select(AccessLog.id).filter_by(**what, **under).where(AccessLog.id > stated)
    with database.reading() as db_session:
        if db_session.scalar(known) is not None:
            return
    with plain_transaction(database) as (db_session, now):
        take_turns(db_session, f"reading/{stated}")
        if db_session.scalar(known) is None:
            db_session.add(AccessLog(at=now, address=address, **what, **under))

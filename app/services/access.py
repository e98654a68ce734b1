"""The log of who looked at or took what of a case: written before anything is handed out, append-only."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as DbSession

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
    what = {"action": action, "subject": subject, "address": address}
    record_readings(database, actor, [(case_id, lot)], reason_for=case_id if reason_for is None else reason_for, **what)


def record_readings(
    database: Database,
    actor: Actor,
    lots: Collection[tuple[str, str]],
    *,
    reason_for: str,
    action: Action,
    subject: str = "",
    address: str = "",
) -> None:
    """The same for many at once, each a case and a lot of it."""
    stated = actor.reasons[reason_for]
    with database.reading() as db_session:
        reason = db_session.get_one(AccessLog, stated)
        under = {"account_id": actor.id, "web_session": reason.web_session, "reason": reason.reason}
        what = {"action": action.value, "subject": subject, **under}
        query = select(AccessLog.case_id, AccessLog.lot).filter_by(**what).where(AccessLog.id > stated)
        if _unknown(db_session, query, lots) == []:
            return
    with plain_transaction(database) as (db_session, now):
        take_turns(db_session, f"reading/{stated}")
        for case_id, lot in _unknown(db_session, query, lots):
            db_session.add(AccessLog(at=now, address=address, case_id=case_id, lot=lot, **what))


def _unknown(
    db_session: DbSession, query: Select[tuple[str, str]], lots: Collection[tuple[str, str]]
) -> list[tuple[str, str]]:
    known = {(case_id, lot) for case_id, lot in db_session.execute(query)}
    return [lot for lot in lots if lot not in known]

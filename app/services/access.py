"""The log of who looked at or took what of a case: written before anything is handed out, append-only."""

from __future__ import annotations

from app.database import Database
from app.models import AccessLog
from app.permissions.actions import Action
from app.services.unit_of_work import plain_transaction


def record_access(
    database: Database, account_id: str, action: Action, case_id: str, *, lot: str = "", address: str = ""
) -> None:
    """Keep that somebody took something of a case."""
    with plain_transaction(database) as (db_session, now):
        row = AccessLog(at=now, account_id=account_id, action=action, case_id=case_id, lot=lot, address=address)
        db_session.add(row)

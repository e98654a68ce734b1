"""Who looked at or took what of a case, as its own people may read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.models import AccessLog, Account


@dataclass(frozen=True)
class AccessRow:
    """One entry: who, when, what kind, for which lot, why, from where; `until` where it states a reason."""

    id: int
    at: datetime
    name: str
    organisation: str
    action: str
    lot: str
    reason: str
    address: str
    until: datetime | None


def access_rows(db_session: DbSession, case_id: str, limit: int = 200) -> list[AccessRow]:
    """The latest entries about a case, newest first."""
    query = (
        select(AccessLog, Account)
        .join(Account, Account.id == AccessLog.account_id)
        .where(AccessLog.case_id == case_id)
        .order_by(AccessLog.id.desc())
        .limit(limit)
    )
    return [
        AccessRow(
            row.id, row.at, who.name, who.organisation.name, row.action, row.lot, row.reason, row.address, row.until
        )
        for row, who in db_session.execute(query)
    ]

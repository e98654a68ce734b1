"""Requests for a name before an evaluation is over: to the authority with the number, to others that they were made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as DbSession

from app.models import Account, NameRequest
from app.procedure.roles import Actor, Role
from app.queries.cases import load_case


@dataclass(frozen=True)
class NameRequestRow:
    """One request. `number` is "" to everybody but the authority; `decided_by` a name."""

    id: int
    case_id: str
    title: str
    lot: str
    number: str
    ground: str
    reason: str
    asked_id: str
    asked_by: str
    asked_at: datetime
    decided_id: str
    decided_by: str
    decided_at: datetime | None
    granted: bool | None


def name_requests(db_session: DbSession, actor: Actor, case_id: str = "", limit: int = 200) -> list[NameRequestRow]:
    """Of the actor's own authority, with numbers and reasons, the latest first; of one case where one is named."""
    return [
        _row(db_session, row, names, whole=True)
        for row, names in _rows(db_session, case_id, limit)
        if _party(db_session, row, "regulator") == actor.organisation_id
    ]


def name_alarms(db_session: DbSession, actor: Actor, limit: int = 200) -> list[NameRequestRow]:
    """That names were asked for, for ever: to the centre and the authority of their cases, to system administrators of
    all; without number and words.
    """
    found = []
    for row, names in _rows(db_session, "", limit):
        parties = {_party(db_session, row, party) for party in ("centre", "regulator")}
        if actor.is_(Role.SYSTEM_ADMIN) or actor.organisation_id in parties:
            found.append(_row(db_session, row, names, whole=False))
    return found


def _rows(db_session: DbSession, case_id: str, limit: int) -> list[tuple[NameRequest, dict[str, str]]]:
    query = select(NameRequest).order_by(NameRequest.id.desc()).limit(limit)
    if case_id:
        query = query.where(NameRequest.case_id == case_id)
    rows = list(db_session.scalars(query))
    people = {one for row in rows for one in (row.asked_by, row.decided_by) if one}
    signed = select(Account.id, Account.name).where(Account.id.in_(people))
    names = {account: name for account, name in db_session.execute(signed)}
    return [(row, names) for row in rows]


def _party(db_session: DbSession, row: NameRequest, party: str) -> str:
    parties = load_case(db_session, row.case_id).tender.parties
    return getattr(parties, party).id if parties is not None else ""


def _row(db_session: DbSession, row: NameRequest, names: dict[str, str], *, whole: bool) -> NameRequestRow:
    return NameRequestRow(
        id=row.id,
        case_id=row.case_id,
        title=load_case(db_session, row.case_id).tender.published.title,
        lot=row.lot,
        number=row.number if whole else "",
        ground=row.ground,
        reason=row.reason if whole else "",
        asked_id=row.asked_by,
        asked_by=names.get(row.asked_by, ""),
        asked_at=row.asked_at,
        decided_id=row.decided_by or "",
        decided_by=names.get(row.decided_by or "", ""),
        decided_at=row.decided_at,
        granted=row.granted,
    )
